// The frames of an animated PNG (PNG specification, third edition, section 4.9): their places in one picture, below the
// picture that the chunks IDAT hold.
//
// A frame stands there as it is, or, where that has fewer samples that are not 0, as what has changed since the frames
// before it.
#ifndef LMC_MEDIA_IMAGE_PNG_PNG_FRAMES_H_
#define LMC_MEDIA_IMAGE_PNG_PNG_FRAMES_H_

#include "lmc/media/image/frame_cells.h"
#include "lmc/media/image/png/png_chunks.h"

namespace lmc {

inline constexpr uint64_t kMaxPngSpareTimes = 4;  // so many times the pixels may be places of the picture without any

// What fcTL says of a frame, as far as pixels go.
struct PngFrame {
  uint32_t serial = 0;  // of fcTL
  uint32_t x = 0, y = 0, width = 0, height = 0;
};
// Nothing, if the chunk is no fcTL or its frame does not lie in the canvas.
std::optional<PngFrame> read_png_frame(const PngChunk& chunk, const Picture& canvas);

// What is on the canvas, for frames in their order, and where they stand in the picture.
class FrameStacker {
 public:
  // canvas: the picture of the chunks IDAT. Only of these shapes are pixels put in and out.
  explicit FrameStacker(Picture canvas) : canvas_(std::move(canvas)), cells_(canvas_.width, 1) {
    cells_.put(canvas_.width, canvas_.height);
  }

  // The frame's place in the picture.
  FrameCells::Place place(const PngFrame& frame) { return cells_.put(frame.width, frame.height); }
  uint64_t height() const { return cells_.height(); }

  // Puts samples of the frame's shape into the picture. True: as changes.
  bool put(const PngFrame& frame, const FrameCells::Place& place, ByteSpan samples, Picture& picture);
  // The frame as put had it.
  Picture take(const PngFrame& frame, const FrameCells::Place& place, bool changes, const Picture& picture);

 private:
  void draw(const PngFrame& frame, ByteSpan samples);

  Picture canvas_;
  FrameCells cells_;
};

}  // namespace lmc

#endif  // LMC_MEDIA_IMAGE_PNG_PNG_FRAMES_H_
