#include "lmc/media/video/y4m/y4m_file.h"

#include <algorithm>
#include <charconv>
#include <iterator>

namespace lmc {
namespace {

constexpr std::string_view kMagic = "YUV4MPEG2";

struct ChromaName {
  std::string_view tag;
  const char* shown;
  int planes, shift_x, shift_y;
};
constexpr ChromaName kChromaNames[] = {{"420", "4:2:0", 3, 1, 1}, {"422", "4:2:2", 3, 1, 0}, {"444", "4:4:4", 3, 0, 0},
                                       {"411", "4:1:1", 3, 2, 0}, {"410", "4:1:0", 3, 2, 2}, {"440", "4:4:0", 3, 0, 1},
                                       {"mono", "grey", 1, 0, 0}};

std::string_view text_of(ByteSpan bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

// The whole of text as a number.
bool read_number(std::string_view text, uint32_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

// The line that begins here, without its end; null data: there is none of at most so many bytes.
std::string_view line_of(ByteSpan bytes, size_t most) {
  const std::string_view text = text_of(bytes.first(std::min(bytes.size(), most)));
  const size_t end = text.find('\n');
  return end == std::string_view::npos ? std::string_view() : text.substr(0, end);
}

}  // namespace

bool read_chroma(std::string_view tag, VideoForm& form) {
  for (const ChromaName& name : kChromaNames) {
    if (!tag.starts_with(name.tag)) continue;
    form.planes = name.planes, form.shift_x = name.shift_x, form.shift_y = name.shift_y;
    form.bits = 8;
    std::string_view rest = tag.substr(name.tag.size());
    if (rest.empty()) return true;
    if (name.tag == "420" && (rest == "jpeg" || rest == "mpeg2" || rest == "paldv")) return true;
    if (name.tag == "444" && rest == "alpha") {
      form.planes = 4;
      return true;
    }
    if (name.planes > 1) {
      if (!rest.starts_with('p')) return false;
      rest.remove_prefix(1);
    }
    uint32_t bits = 0;
    if (!read_number(rest, bits) || bits < 9 || bits > 16) return false;
    form.bits = int(bits);
    return true;
  }
  return false;
}

bool begins_like_y4m(ByteSpan start) {
  return begins_with(start, kMagic) && start.size() > kMagic.size() && start[kMagic.size()] == ' ';
}

Result<Y4mHeader> read_y4m_header(ByteSpan file) {
  if (!begins_like_y4m(file)) return bad_input("not a YUV4MPEG2 file", 0);
  const std::string_view line = line_of(file, kMostY4mLine);
  if (line.data() == nullptr) return bad_input("YUV4MPEG2: the first line does not end", kMostY4mLine);
  Y4mHeader header;
  header.bytes = line.size() + 1;
  for (size_t at = kMagic.size(); at < line.size();) {
    const size_t begin = at + 1, end = std::min(line.find(' ', begin), line.size());
    const std::string_view word = line.substr(begin, end - begin);
    at = end;
    if (word.empty()) continue;
    const std::string_view value = word.substr(1);
    switch (word[0]) {
      case 'W':
      case 'H':
        if (!read_number(value, word[0] == 'W' ? header.form.width : header.form.height))
          return bad_input("YUV4MPEG2: a size that is no number", begin);
        break;
      case 'F': {
        const size_t colon = value.find(':');
        if (colon == std::string_view::npos || !read_number(value.substr(0, colon), header.rate) ||
            !read_number(value.substr(colon + 1), header.rate_per) || header.rate_per == 0)
          header.rate = 0, header.rate_per = 1;
        break;
      }
      case 'I':
        header.interlacing = value;
        break;
      case 'C':
        if (!read_chroma(value, header.form))
          return bad_input("YUV4MPEG2: samples of a kind that is not taken apart", begin);
        break;
      default:
        break;
    }
  }
  if (!is_video_form(header.form)) return bad_input("YUV4MPEG2: no size, or one beyond 16384 x 16384", 0);
  return header;
}

std::string make_y4m_header(const Y4mHeader& header) {
  const VideoForm& form = header.form;
  std::string tag = "420";
  for (const ChromaName& name : kChromaNames)
    if (name.shown == std::string_view(chroma_name(form))) tag = name.tag;
  if (form.planes == 4) tag += "alpha";
  if (form.bits > 8) tag += (form.planes == 1 ? "" : "p") + std::to_string(form.bits);
  std::string out = std::string(kMagic) + " W" + std::to_string(form.width) + " H" + std::to_string(form.height);
  if (header.rate > 0) out += " F" + std::to_string(header.rate) + ":" + std::to_string(header.rate_per);
  if (!header.interlacing.empty()) out += " I" + header.interlacing;
  return out + " C" + tag + "\n";
}

const char* chroma_name(const VideoForm& form) {
  for (const ChromaName& name : kChromaNames)
    if ((form.planes == 1) == (name.planes == 1) &&
        (form.planes == 1 || (form.shift_x == name.shift_x && form.shift_y == name.shift_y)))
      return name.shown;
  return "planes";
}

size_t frame_line_bytes(ByteSpan bytes) {
  constexpr std::string_view kFrame = "FRAME";
  if (!begins_with(bytes, kFrame)) return 0;
  const std::string_view line = line_of(bytes, kMostFrameLine);
  if (line.data() == nullptr || (line.size() > kFrame.size() && line[kFrame.size()] != ' ')) return 0;
  return line.size() + 1;
}

}  // namespace lmc
