// The block codec for video without compression (docs/format.md, codec 8; docs/video.md): a group of frames that decode
// alone (lmc/samples/video/group.h), and what stands around their samples by context mixing or as it is.
#ifndef LMC_CODECS_VIDEO_H_
#define LMC_CODECS_VIDEO_H_

#include <optional>

#include "lmc/codecs/codec.h"
#include "lmc/media/video/y4m/y4m_file.h"

namespace lmc {

enum class VideoFormat : uint8_t { kY4m = 1, kRaw = 2 };  // wire ids

// What the frames of a file without headers are.
struct RawVideo {
  VideoForm form;
  uint32_t rate = 0, rate_per = 1;  // frames a second, as a fraction; 0: not said
};

struct VideoLayout {
  VideoFormat format = VideoFormat::kY4m;
  RawVideo video;
  size_t begin = 0;           // bytes before the first frame
  std::vector<size_t> lines;  // bytes of each frame's own line; of raw frames 0
  size_t frames() const { return lines.size(); }
  size_t end() const;  // of the last frame
};

bool begins_like_video(ByteSpan start);
// Ok if the file can be taken apart; else bad input that says why not.
Status check_video(ByteSpan file);
FileLength video_length(ByteSpan start);
Result<EncodedBlock> encode_video(ByteSpan file, const LevelRow& level, const BlockResources& resources);
// The same of a part of a file, which the layout tells.
Result<EncodedBlock> encode_frames(ByteSpan raw, const VideoLayout& layout, const LevelRow& level,
                                   const BlockResources& resources);
Result<Bytes> decode_video(ByteSpan payload, size_t raw_bytes, const BlockResources& resources);
// "Y4M 352x288, 4:2:0, 8 bits, 29.97 frames/s, 60 frames"; empty if the payload is damaged.
std::string describe_video(ByteSpan payload);

// The video in a payload, if that tells; it may be damaged.
struct CodedVideo {
  VideoFormat format = VideoFormat::kY4m;
  RawVideo video;
  size_t frames = 0, begin = 0;
  bool has_plain_lines = false;  // every frame's line is the shortest
};
std::optional<CodedVideo> coded_video(ByteSpan payload);
// What stands before its first frame, without decoding one.
Result<Bytes> video_start(ByteSpan payload, const BlockResources& resources);

inline constexpr uint8_t kVideoFirstBytes[] = {'Y'};
inline constexpr size_t kGroupFrames = 60;
inline constexpr size_t kMostGroupBytes = size_t(48) << 20;  // of its frames, unless a single one has more

// Groups of at most so many frames.
std::unique_ptr<FileChunks> cut_video(ByteSpan start);
std::unique_ptr<FileChunks> cut_raw_video(const RawVideo& video, size_t group_frames = kGroupFrames);

inline constexpr FileKind kVideoFiles{.sniff = begins_like_video,
                                      .first_bytes = kVideoFirstBytes,
                                      .length = video_length,
                                      .check = check_video,
                                      .chunks = cut_video};
inline constexpr CodecRow kVideoRow{kVideo,       "video",      ModelNeed::kNone, Shape::kWholeFile, 1,
                                    encode_video, decode_video, describe_video,   kVideoFiles,       kVideoThreads};

}  // namespace lmc

#endif  // LMC_CODECS_VIDEO_H_
