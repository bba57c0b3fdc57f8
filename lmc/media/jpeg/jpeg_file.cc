#include "lmc/media/jpeg/jpeg_file.h"

#include <algorithm>
#include <string>
#include <utility>

#include "lmc/media/jpeg/jpeg_tables.h"

namespace lmc {
namespace {

// 1 GiB of coefficients. A block also takes one bit of the file at the least.
constexpr uint64_t kMostBlocks = (uint64_t(1) << 30) / 128;
uint64_t most_blocks(size_t file_bytes) { return std::min(kMostBlocks, uint64_t(file_bytes) * 8); }

enum Padding : uint64_t { kOnes = 0, kZeros = 1, kListed = 2 };

void make_room(const JpegFrame& frame, JpegCoefficients& coefficients) {
  if (!coefficients.empty()) return;
  for (const JpegComponent& c : frame.components)
    coefficients.emplace_back(size_t(c.blocks_across) * c.blocks_down * 64, int16_t(0));
}

bool all_are(const std::vector<uint8_t>& bits, uint8_t value) {
  return std::all_of(bits.begin(), bits.end(), [value](uint8_t bit) { return bit == value; });
}

Status read_padding(ByteReader& in, size_t file_bytes, std::vector<uint8_t>& padding) {
  LMC_ASSIGN(const auto kind, in.read_varint("kind of padding"));
  LMC_ASSIGN(const auto count, in.read_varint("padding bits"));
  if (kind > kListed || count > uint64_t(file_bytes) * 7)
    return bad_input("jpeg: impossible padding bits", in.position());
  padding.assign(size_t(count), kind == kZeros ? 0 : 1);
  if (kind != kListed) return Ok();
  LMC_ASSIGN(const auto bits, in.read_bytes((padding.size() + 7) / 8, "padding bits"));
  for (size_t i = 0; i < padding.size(); ++i) padding[i] = bits[i / 8] >> (i % 8) & 1;
  return Ok();
}

Status read_early_ends(ByteReader& in, ScanChoices& choices) {
  LMC_ASSIGN(const auto scans, in.read_varint("scans with early ends"));
  if (scans > in.remaining()) return bad_input("jpeg: more scans than bytes", in.position());
  for (uint64_t s = 0; s < scans; ++s) {
    LMC_ASSIGN(const auto count, in.read_varint("early ends"));
    if (count > in.remaining()) return bad_input("jpeg: more early ends than bytes", in.position());
    uint64_t block = 0;
    for (uint64_t i = 0; i < count; ++i) {
      LMC_ASSIGN(const auto step, in.read_varint("early end"));
      if (step > kMostBlocks) return bad_input("jpeg: an early end beyond all blocks", in.position());
      block = std::min(block + step, kMostBlocks);
      choices.early_ends.push_back(uint32_t(block));
    }
    choices.early_ends_per_scan.push_back(uint32_t(count));
  }
  return Ok();
}

}  // namespace

Result<Budget::Lease> take_for_coefficients(const JpegFrame& frame, Budget* budget) {
  return Budget::take(budget, frame.blocks() * sizeof(int16_t) * 64,
                      "a JPEG file of " + std::to_string(frame.blocks()) + " blocks");
}

Result<ParsedJpeg> parse_jpeg(ByteSpan file, Budget* budget) {
  LMC_ASSIGN(const auto of_file, Budget::take(budget, jpeg_file_memory(file.size(), 0),
                                              "a JPEG file of " + std::to_string(file.size()) + " bytes"));
  ParsedJpeg jpeg;
  size_t kept = 0;  // bytes of the file that were looked at
  const OnScan on_scan = [&](const JpegState& state, const JpegScan& scan, size_t position) -> Result<size_t> {
    if (jpeg.coefficients.empty()) {
      LMC_ASSIGN(auto taken, take_for_coefficients(state.frame, budget));
      jpeg.memory = std::move(taken);
      make_room(state.frame, jpeg.coefficients);
    }
    append_bytes(jpeg.headers, file.subspan(kept, position - kept));
    Result<size_t> end = read_scan(file, position, state, scan, jpeg.coefficients, jpeg.choices);
    if (end.ok()) kept = *end;
    return end;
  };
  LMC_ASSIGN(auto state, walk_jpeg_headers(file, most_blocks(file.size()), on_scan));
  append_bytes(jpeg.headers, file.subspan(kept));
  jpeg.frame = state.frame;
  while (!jpeg.choices.early_ends_per_scan.empty() && jpeg.choices.early_ends_per_scan.back() == 0)
    jpeg.choices.early_ends_per_scan.pop_back();
  LMC_ASSIGN(const auto again, rebuild_jpeg(jpeg, file.size()));
  const auto [ours, theirs] = std::mismatch(again.begin(), again.end(), file.begin(), file.end());
  if (ours != again.end() || theirs != file.end())
    return bad_input("jpeg: its encoder made choices that are not kept; the file cannot be rebuilt",
                     uint64_t(theirs - file.begin()));
  return jpeg;
}

Result<Bytes> rebuild_jpeg(const ParsedJpeg& jpeg, size_t max_bytes) {
  const ByteSpan headers = jpeg.headers;
  Bytes out;
  if (headers.size() > max_bytes) return bad_input("jpeg: more header bytes than the file has");
  out.reserve(max_bytes);
  ScanPlace place;
  size_t kept = 0;
  const OnScan on_scan = [&](const JpegState& state, const JpegScan& scan, size_t position) -> Result<size_t> {
    append_bytes(out, headers.subspan(kept, position - kept));
    kept = position;
    const size_t rest = headers.size() - kept;  // needs its room
    if (out.size() + rest > max_bytes) return bad_input("jpeg: more bytes than the file has");
    LMC_TRY(write_scan(state, scan, jpeg.coefficients, jpeg.choices, place, out, max_bytes - rest));
    return position;
  };
  LMC_TRY(walk_jpeg_headers(headers, kMostBlocks, on_scan));
  const ScanChoices& choices = jpeg.choices;
  if (place.padding < choices.padding.size() || place.early_end < choices.early_ends.size() ||
      place.scan < choices.early_ends_per_scan.size())
    return bad_input("jpeg: padding bits or early ends behind the last scan");
  append_bytes(out, headers.subspan(kept));
  return out;
}

Result<Bytes> jpeg_reconstruction_data(const ParsedJpeg& jpeg) {
  LMC_ASSIGN(const auto counts, count_symbols(jpeg.headers, jpeg.coefficients, jpeg.choices));
  Bytes out;
  const std::vector<uint8_t>& padding = jpeg.choices.padding;
  const uint64_t kind = all_are(padding, 1) ? kOnes : all_are(padding, 0) ? kZeros : kListed;
  append_varint(out, kind);
  append_varint(out, padding.size());
  if (kind == kListed) {
    Bytes packed((padding.size() + 7) / 8);
    for (size_t i = 0; i < padding.size(); ++i) packed[i / 8] = uint8_t(packed[i / 8] | padding[i] << (i % 8));
    append_bytes(out, packed);
  }
  append_varint(out, jpeg.choices.early_ends_per_scan.size());
  size_t next = 0;
  for (uint32_t count : jpeg.choices.early_ends_per_scan) {
    append_varint(out, count);
    uint32_t block = 0;
    for (uint32_t i = 0; i < count; ++i, ++next) {
      append_varint(out, jpeg.choices.early_ends[next] - block);
      block = jpeg.choices.early_ends[next];
    }
  }
  LMC_ASSIGN(const auto reduced, reduce_headers(jpeg.headers, counts));
  const Result<Bytes> again = expand_headers(reduced, &counts);
  if (!again.ok() || *again != jpeg.headers)
    return bad_input("jpeg: its Huffman tables are written in an unusual way; the file cannot be rebuilt");
  append_bytes(out, reduced);
  return out;
}

Result<ParsedJpeg> jpeg_from_reconstruction_data(ByteSpan side, size_t file_bytes) {
  ParsedJpeg jpeg;
  ByteReader in(side);
  LMC_TRY(read_padding(in, file_bytes, jpeg.choices.padding));
  LMC_TRY(read_early_ends(in, jpeg.choices));
  append_bytes(jpeg.reduced_headers, side.subspan(in.position()));
  LMC_ASSIGN(auto headers, expand_headers(jpeg.reduced_headers, nullptr));
  jpeg.headers = std::move(headers);
  const OnScan skip = [](const JpegState&, const JpegScan&, size_t position) -> Result<size_t> { return position; };
  LMC_ASSIGN(auto state, walk_jpeg_headers(jpeg.headers, most_blocks(file_bytes), skip));
  jpeg.frame = state.frame;
  return jpeg;
}

void make_room_for_coefficients(ParsedJpeg& jpeg) { make_room(jpeg.frame, jpeg.coefficients); }

Status complete_headers(ParsedJpeg& jpeg) {
  LMC_ASSIGN(const auto counts, count_symbols(jpeg.headers, jpeg.coefficients, jpeg.choices));
  LMC_ASSIGN(auto headers, expand_headers(jpeg.reduced_headers, &counts));
  jpeg.headers = std::move(headers);
  return Ok();
}

}  // namespace lmc
