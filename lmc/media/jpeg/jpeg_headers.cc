#include "lmc/media/jpeg/jpeg_headers.h"

#include <algorithm>
#include <string>

namespace lmc {
namespace {

uint32_t read_be16(ByteSpan bytes, size_t at) { return uint32_t(bytes[at]) << 8 | bytes[at + 1]; }

Error refuse(const std::string& what, size_t at) { return bad_input("jpeg: " + what, at); }

class Walker {
 public:
  Walker(ByteSpan bytes, uint64_t max_blocks, const OnScan& on_scan)
      : bytes_(bytes), max_blocks_(max_blocks), on_scan_(on_scan) {}

  Result<JpegState> walk();

 private:
  Status segment(uint8_t marker, size_t begin, size_t end);
  Status read_quantisation(size_t begin, size_t end);
  Status read_huffman(size_t begin, size_t end);
  Status read_frame(uint8_t marker, size_t begin, size_t end);
  Status lay_out(size_t at);
  Result<JpegScan> read_scan(size_t begin, size_t end);
  Status check_tables(const JpegScan& scan, size_t at) const;

  ByteSpan bytes_;
  uint64_t max_blocks_;
  const OnScan& on_scan_;
  JpegState state_;
  size_t position_ = 2;
  int scans_ = 0;
};

// Far more than any encoder writes; a file of many scans of nothing would take for ever.
constexpr int kMostScans = 256;

Result<JpegState> Walker::walk() {
  if (bytes_.size() < 4 || read_be16(bytes_, 0) != 0xffd8) return refuse("expected the start marker FF D8", 0);
  while (position_ < bytes_.size()) {
    size_t at = position_;
    while (at + 1 < bytes_.size() && bytes_[at] == 0xff && bytes_[at + 1] == 0xff) ++at;  // fill bytes
    const bool is_marker = at + 1 < bytes_.size() && bytes_[at] == 0xff && bytes_[at + 1] >= 0xc0;
    const uint8_t marker = is_marker ? bytes_[at + 1] : 0;
    if (marker == 0xd9) {
      state_.ended = true;
      break;
    }
    if (!is_marker || (marker >= 0xd0 && marker <= 0xd8) || at + 4 > bytes_.size()) {
      if (scans_ > 0) break;  // what follows is kept as it is
      return refuse("expected a marker", at);
    }
    const size_t begin = at + 4, end = at + 2 + read_be16(bytes_, at + 2);
    if (end < begin || end > bytes_.size()) {
      if (scans_ > 0) break;
      return refuse("a marker segment is longer than what is left", at);
    }
    position_ = end;
    if (marker == 0xda) {
      Result<JpegScan> scan = read_scan(begin, end);
      if (++scans_ > kMostScans) return refuse("more than 256 scans", at);
      if (!scan.ok()) return scan.error();
      LMC_ASSIGN(auto next, on_scan_(state_, *scan, end));
      position_ = next;
    } else {
      LMC_TRY(segment(marker, begin, end));
    }
  }
  if (state_.frame.components.empty() || scans_ == 0) return refuse("it holds no frame or no scan", position_);
  return std::move(state_);
}

Status Walker::segment(uint8_t marker, size_t begin, size_t end) {
  switch (marker) {
    case 0xdb:
      return read_quantisation(begin, end);
    case 0xc4:
      return read_huffman(begin, end);
    case 0xc0:
    case 0xc1:
    case 0xc2:
      return read_frame(marker, begin, end);
    case 0xdd:
      if (end - begin != 2) return refuse("expected a restart interval of 2 bytes", begin);
      state_.restart_interval = read_be16(bytes_, begin);
      return Ok();
    case 0xc3:
      return refuse("lossless JPEG is not supported", begin);
    case 0xc9:
    case 0xca:
    case 0xcb:
    case 0xcc:
      return refuse("arithmetic-coded JPEG is not supported", begin);
    case 0xdc:
      return refuse("a height given after the scan (DNL) is not supported", begin);
    default:
      break;
  }
  if (marker >= 0xc5 && marker <= 0xcf) return refuse("hierarchical JPEG is not supported", begin);
  return Ok();  // APPn, COM and others say nothing about the coefficients
}

Status Walker::read_quantisation(size_t begin, size_t end) {
  while (begin < end) {
    const uint32_t wide = bytes_[begin] >> 4, which = bytes_[begin] & 15;
    const size_t size = 64 * (wide + 1);
    if (wide > 1 || which > 3 || end - begin - 1 < size) return refuse("a quantisation table is damaged", begin);
    ++begin;
    for (size_t i = 0; i < 64; ++i)
      state_.quantisation[which][kZigzag[i]] =
          uint16_t(wide ? read_be16(bytes_, begin + 2 * i) : uint32_t(bytes_[begin + i]));
    begin += size;
  }
  return Ok();
}

Status Walker::read_huffman(size_t begin, size_t end) {
  while (begin < end) {
    const uint32_t is_ac = bytes_[begin] >> 4, which = bytes_[begin] & 15;
    if (is_ac > 1 || which > 3 || end - begin < 17) return refuse("a Huffman table is damaged", begin);
    const ByteSpan counts = bytes_.subspan(begin + 1, 16);
    size_t total = 0;
    for (uint8_t count : counts) total += count;
    if (total > 256 || end - begin - 17 < total) return refuse("a Huffman table is longer than its segment", begin);
    LMC_ASSIGN(auto table, make_huffman_table(counts, bytes_.subspan(begin + 17, total)));
    table.definition = state_.tables_defined++;
    (is_ac ? state_.ac_tables : state_.dc_tables)[which] = table;
    begin += 17 + total;
  }
  return Ok();
}

Status Walker::read_frame(uint8_t marker, size_t begin, size_t end) {
  JpegFrame& frame = state_.frame;
  if (!frame.components.empty()) return refuse("a second frame is not supported", begin);
  if (end - begin < 6) return refuse("a frame header is too short", begin);
  if (bytes_[begin] != 8) return refuse("only 8 bits a sample are supported", begin);
  frame.progressive = marker == 0xc2;
  frame.height = read_be16(bytes_, begin + 1);
  frame.width = read_be16(bytes_, begin + 3);
  const size_t count = bytes_[begin + 5];
  if (frame.width == 0 || frame.height == 0) return refuse("an image without width or height", begin);
  if (count < 1 || count > 4 || end - begin != 6 + 3 * count) return refuse("expected 1 to 4 components", begin);
  for (size_t i = 0; i < count; ++i) {
    const ByteSpan entry = bytes_.subspan(begin + 6 + 3 * i, 3);
    JpegComponent c{.id = entry[0],
                    .across = uint32_t(entry[1] >> 4),
                    .down = uint32_t(entry[1] & 15),
                    .quantisation_table = entry[2]};
    if (c.across < 1 || c.across > 4 || c.down < 1 || c.down > 4 || c.quantisation_table > 3)
      return refuse("a component has an impossible sampling or table", begin);
    for (const JpegComponent& other : frame.components)
      if (other.id == c.id) return refuse("two components have one name", begin);
    frame.components.push_back(c);
  }
  return lay_out(begin);
}

Status Walker::lay_out(size_t at) {
  JpegFrame& frame = state_.frame;
  const auto blocks_of = [](uint32_t pixels) { return (pixels + 7) / 8; };
  uint32_t most_across = 1, most_down = 1;
  for (const JpegComponent& c : frame.components) {
    most_across = std::max(most_across, c.across);
    most_down = std::max(most_down, c.down);
  }
  frame.mcus_across = (frame.width + 8 * most_across - 1) / (8 * most_across);
  frame.mcus_down = (frame.height + 8 * most_down - 1) / (8 * most_down);
  for (JpegComponent& c : frame.components) {
    c.blocks_across = frame.mcus_across * c.across;
    c.blocks_down = frame.mcus_down * c.down;
    c.scan_across = blocks_of((frame.width * c.across + most_across - 1) / most_across);
    c.scan_down = blocks_of((frame.height * c.down + most_down - 1) / most_down);
  }
  if (frame.blocks() > max_blocks_)
    return refuse(
        "an image of " + std::to_string(frame.blocks()) + " blocks; the limit here is " + std::to_string(max_blocks_),
        at);
  return Ok();
}

Result<JpegScan> Walker::read_scan(size_t begin, size_t end) {
  JpegFrame& frame = state_.frame;
  JpegScan scan;
  if (frame.components.empty()) return refuse("a scan before the frame", begin);
  const size_t count = end > begin ? bytes_[begin] : 0;
  if (count < 1 || count > frame.components.size() || end - begin != 4 + 2 * count)
    return refuse("a scan header is damaged", begin);
  for (size_t i = 0; i < count; ++i) {
    const uint8_t id = bytes_[begin + 1 + 2 * i], tables = bytes_[begin + 2 + 2 * i];
    const auto found = std::find_if(frame.components.begin(), frame.components.end(),
                                    [&](const JpegComponent& c) { return c.id == id; });
    if (found == frame.components.end() || (tables >> 4) > 3 || (tables & 15) > 3)
      return refuse("a scan names a component or table that there is not", begin);
    const auto place = size_t(found - frame.components.begin());
    for (const JpegScan::Part& part : scan.parts)
      if (part.component == place) return refuse("a scan names a component twice", begin);
    scan.parts.push_back({place, uint8_t(tables >> 4), uint8_t(tables & 15)});
    if (!found->scanned) found->quantisation = state_.quantisation[found->quantisation_table];
    found->scanned = true;
  }
  scan.first = bytes_[end - 3];
  scan.last = bytes_[end - 2];
  scan.high = bytes_[end - 1] >> 4;
  scan.low = bytes_[end - 1] & 15;
  LMC_TRY(check_tables(scan, begin));
  return scan;
}

Status Walker::check_tables(const JpegScan& scan, size_t at) const {
  const bool progressive = state_.frame.progressive;
  if (!progressive && (scan.first != 0 || scan.last != 63 || scan.high != 0 || scan.low != 0))
    return refuse("a sequential scan of a part of the coefficients", at);
  if (progressive &&
      (scan.last > 63 || scan.first > scan.last || scan.low > 13 || (scan.high != 0 && scan.high != scan.low + 1) ||
       (scan.first == 0 && scan.last != 0) || (scan.first != 0 && scan.parts.size() != 1)))
    return refuse("a progressive scan with impossible parameters", at);
  for (const JpegScan::Part& part : scan.parts) {
    const bool needs_dc = scan.first == 0 && scan.high == 0, needs_ac = scan.last > 0;
    if ((needs_dc && !state_.dc_tables[part.dc_table].defined) ||
        (needs_ac && !state_.ac_tables[part.ac_table].defined))
      return refuse("a scan uses a Huffman table that was not defined", at);
  }
  return Ok();
}

}  // namespace

uint64_t JpegFrame::blocks() const {
  uint64_t sum = 0;
  for (const JpegComponent& c : components) sum += uint64_t(c.blocks_across) * c.blocks_down;
  return sum;
}

Result<JpegState> walk_jpeg_headers(ByteSpan bytes, uint64_t max_blocks, const OnScan& on_scan) {
  return Walker(bytes, max_blocks, on_scan).walk();
}

}  // namespace lmc
