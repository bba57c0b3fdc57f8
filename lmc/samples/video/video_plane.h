// Codes the frames of one plane in the order of time; encoder and decoder run the same code.
#ifndef LMC_SAMPLES_VIDEO_VIDEO_PLANE_H_
#define LMC_SAMPLES_VIDEO_VIDEO_PLANE_H_

#include <memory>

#include "lmc/base/bytes.h"
#include "lmc/samples/video/motion.h"
#include "lmc/samples/video/plane_predictor.h"
#include "lmc/samples/video/value_coder.h"
#include "lmc/samples/video/video_form.h"

namespace lmc {

// What the first plane of a frame leaves to the others.
struct FrameTraces {
  MotionField motion, long_motion;  // to the frame before, and to the one before that
  std::vector<float> errors;        // (height, width) of the plane: how far off its prediction was
};

class VideoPlane {
 public:
  VideoPlane(const VideoForm& form, int plane, SampleRange range, SampleEffort effort, Isa isa);

  // The next frame, of form.frame_bytes() bytes; those of planes before this one are there. traces: of the first plane,
  // which fills them.
  template <typename Coder, typename Byte>
  void code(Coder& coder, std::span<Byte> frame, FrameTraces& traces);

 private:
  void begin_frame(ByteSpan frame, const FrameTraces& traces);
  template <typename Coder, typename Byte>
  void code_motion(Coder& coder, std::span<Byte> frame, FrameTraces& traces);
  template <typename Coder, typename Byte>
  void code_row(Coder& coder, std::span<Byte> frame, int y, const FrameTraces& traces);
  template <typename Coder>
  int32_t code_sample(Coder& coder, int32_t sample, int x, int y, const MotionVector& v, const MotionVector& far);
  void end_frame(FrameTraces& traces);
  template <typename Byte>
  bool is_repeated(std::span<Byte> frame) const;

  int32_t sample_of(ByteSpan frame, int plane, size_t at) const;
  void load(ByteSpan frame, int plane, FramePlane<float>& to) const;
  MotionVector scaled(MotionVector vector, int x, int y) const;

  VideoForm form_;
  int plane_, earlier_, width_, height_, block_x_, block_y_;
  SampleRange range_;
  float scale_;
  int frames_ = 0;
  FramePlane<float> now_, before_, long_before_, left_, left_now_;
  std::array<FramePlane<float>, 2> others_, others_before_;  // planes coded earlier, as large as this one
  std::vector<float> other_errors_;                          // of the first plane, as large as this one
  MotionCoder motion_;
  MotionField last_motion_;
  PlanePredictor predictor_;
  ErrorField errors_;
  ValueCoder values_;
  MapEntry repeated_, same_[256];
};

}  // namespace lmc

#endif  // LMC_SAMPLES_VIDEO_VIDEO_PLANE_H_
