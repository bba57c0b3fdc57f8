#include "lmc/media/image/pnm/pnm_file.h"

#include <algorithm>
#include <bit>
#include <string>

#include "lmc/media/image/grid_bytes.h"

namespace lmc {
namespace {

struct PnmHeader {
  uint64_t width = 0, height = 0, depth = 0, maximum = 0;
  size_t size_bytes = 0;
};

bool is_space(uint8_t byte) { return byte == ' ' || (byte >= 9 && byte <= 13); }
bool is_digit(uint8_t byte) { return byte >= '0' && byte <= '9'; }

// Words and numbers of a header, from front to back.
class HeaderReader {
 public:
  HeaderReader(ByteSpan file, size_t position) : file_(file), position_(position) {}

  size_t position() const { return position_; }

  // A decimal number of at most nine digits, after white space and comments.
  Result<uint64_t> number(const char* field) {
    skip_space();
    uint64_t value = 0;
    const size_t begin = position_;
    while (position_ < file_.size() && is_digit(file_[position_]) && position_ - begin < 9)
      value = value * 10 + (file_[position_++] - '0');
    if (position_ == begin || (position_ < file_.size() && is_digit(file_[position_])))
      return bad_input(std::string("PNM header: expected the ") + field + ", a number below 1000000000", begin);
    return value;
  }

  // The one byte between header and samples.
  Status end_of_header() {
    if (position_ >= file_.size() || !is_space(file_[position_]))
      return bad_input("PNM header: expected white space before the samples", position_);
    ++position_;
    return Ok();
  }

  // The next line without its end; nothing at the end of the file.
  std::optional<std::string> line() {
    const auto begin = file_.begin() + ptrdiff_t(position_);
    const auto end = std::find(begin, file_.end(), uint8_t('\n'));
    if (end == file_.end()) return std::nullopt;
    position_ = size_t(end - file_.begin()) + 1;
    return std::string(begin, end);
  }

 private:
  void skip_space() {
    while (position_ < file_.size()) {
      if (file_[position_] == '#') {
        while (position_ < file_.size() && file_[position_] != '\n') ++position_;
      } else if (is_space(file_[position_])) {
        ++position_;
      } else {
        return;
      }
    }
  }

  ByteSpan file_;
  size_t position_;
};

Result<PnmHeader> read_short_header(ByteSpan file) {
  HeaderReader reader(file, 2);
  PnmHeader header;
  header.depth = file[1] == '5' ? 1 : 3;
  const std::pair<const char*, uint64_t*> fields[] = {
      {"width", &header.width}, {"height", &header.height}, {"maximal value", &header.maximum}};
  for (const auto& [name, value] : fields) {
    LMC_ASSIGN(const auto number, reader.number(name));
    *value = number;
  }
  LMC_TRY(reader.end_of_header());
  header.size_bytes = reader.position();
  return header;
}

Result<PnmHeader> read_pam_header(ByteSpan file) {
  HeaderReader reader(file, 2);
  PnmHeader header;
  const std::pair<std::string, uint64_t*> fields[] = {
      {"WIDTH ", &header.width}, {"HEIGHT ", &header.height}, {"DEPTH ", &header.depth}, {"MAXVAL ", &header.maximum}};
  while (const auto line = reader.line()) {
    if (*line == "ENDHDR") {
      header.size_bytes = reader.position();
      return header;
    }
    for (const auto& [name, value] : fields) {
      if (!line->starts_with(name)) continue;
      LMC_ASSIGN(const auto number, HeaderReader(as_bytes(*line), name.size()).number(name.c_str()));
      *value = number;
    }
  }
  return bad_input("PAM header: no line ENDHDR", file.size());
}

}  // namespace

namespace {

struct PnmPlan {
  Picture shape;
  size_t header_bytes = 0;
};

Result<PnmPlan> read_plan(ByteSpan file) {
  if (file.size() < 3 || file[0] != 'P' || !is_space(file[2]) || file[1] < '5' || file[1] > '7')
    return bad_input("only the binary forms P5, P6 and P7 of PNM can be taken apart", 0);
  LMC_ASSIGN(const auto header, file[1] == '7' ? read_pam_header(file) : read_short_header(file));
  if (header.width == 0 || header.height == 0 || header.depth == 0 || header.depth > 4)
    return bad_input("PNM header: expected at least one pixel and 1 to 4 channels, found " +
                         std::to_string(header.width) + " x " + std::to_string(header.height) + " with " +
                         std::to_string(header.depth),
                     0);
  if (header.maximum == 0 || header.maximum > 65535)
    return bad_input("PNM header: the maximal value is " + std::to_string(header.maximum) + ", not 1 to 65535", 0);
  PnmPlan plan{.shape = {}, .header_bytes = header.size_bytes};
  plan.shape.width = uint32_t(header.width);
  plan.shape.height = uint32_t(header.height);
  plan.shape.channels = int(header.depth);
  plan.shape.bits = std::bit_width(header.maximum);
  LMC_TRY(check_shape(plan.shape));
  return plan;
}

}  // namespace

Result<ParsedImage> parse_pnm(ByteSpan file, const OnShape& on_shape) {
  LMC_ASSIGN(auto plan, read_plan(file));
  LMC_TRY(on_shape(plan.shape, 0));
  GridLayout layout;
  layout.big_endian = true;
  layout.segments = {{plan.header_bytes, plan.shape.height}};
  return take_grid(file, layout, std::move(plan.shape));
}

Result<uint64_t> pnm_end_bytes(ByteSpan start) {
  LMC_ASSIGN(const auto plan, read_plan(start));
  return uint64_t(plan.header_bytes) + plan.shape.size_bytes();
}

bool begins_like_pnm(ByteSpan start) {
  return start.size() >= 3 && start[0] == 'P' && start[1] >= '1' && start[1] <= '7' &&
         (start[2] == ' ' || (start[2] >= 9 && start[2] <= 13));
}

}  // namespace lmc
