// YUV4MPEG2 files: a line of parameters, then frames, each a line of its own and planar samples. Source: yuv4mpeg(5) of
// mjpegtools, and the names that FFmpeg gives to more than 8 bits.
//
// Lines are only read to learn where the samples lie, and kept as they are. A frame that is cut short, or bytes that
// are none, end the frames; they belong to nobody here.
#ifndef LMC_MEDIA_VIDEO_Y4M_Y4M_FILE_H_
#define LMC_MEDIA_VIDEO_Y4M_Y4M_FILE_H_

#include <string>
#include <string_view>
#include <vector>

#include "lmc/media/file_length.h"
#include "lmc/samples/video/video_form.h"

namespace lmc {

inline constexpr size_t kMostY4mLine = 4096;  // of the file
inline constexpr size_t kMostFrameLine = 256;
inline constexpr std::string_view kPlainFrameLine = "FRAME\n";

struct Y4mHeader {
  VideoForm form;
  uint32_t rate = 0, rate_per = 1;  // frames a second, as a fraction; 0: not said
  std::string interlacing;          // "p", "t", ...; empty: not said
  size_t bytes = 0;                 // of the line, its end included
};

bool begins_like_y4m(ByteSpan start);
// Errors: bad input, if the line is too long, says no size, or means samples of a kind that is not taken apart.
Result<Y4mHeader> read_y4m_header(ByteSpan file);
// A line that means the same, for people: "YUV4MPEG2 W.. H.. F..:.. C..\n".
std::string make_y4m_header(const Y4mHeader& header);
// "420jpeg", "422p10", "mono12", "444alpha": sets all but width and height; false: not known.
bool read_chroma(std::string_view tag, VideoForm& form);
const char* chroma_name(const VideoForm& form);  // "4:2:0"; "grey"

// Bytes of the line of the frame that begins here; 0: none does, or the line is cut.
size_t frame_line_bytes(ByteSpan bytes);

}  // namespace lmc

#endif  // LMC_MEDIA_VIDEO_Y4M_Y4M_FILE_H_
