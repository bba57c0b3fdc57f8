#include "lmc/media/deflate/stream_search.h"

#include <algorithm>
#include <cstring>

#include "lmc/coding/ascii85.h"
#include "lmc/media/deflate/inflate.h"

namespace lmc {
namespace {

constexpr size_t kMostWork = 8;  // bytes that are inflated in vain, for each of raw

uint32_t little_endian(ByteSpan raw, size_t at, size_t bytes) {
  uint32_t value = 0;
  for (size_t i = bytes; i-- > 0;) value = value << 8 | raw[at + i];
  return value;
}

bool has(ByteSpan raw, size_t at, std::string_view bytes) {
  return raw.size() - at >= bytes.size() && std::memcmp(raw.data() + at, bytes.data(), bytes.size()) == 0;
}

// What stands around a deflate stream. 0 begin: nothing that is known.
struct Wrapping {
  enum class Kind { kZip, kGzip, kZlib };
  Kind kind = Kind::kZlib;
  size_t begin = 0;                  // of the stream
  std::optional<size_t> bytes = {};  // of it, where the header says so
  DeflateHint hint = {};
};

Wrapping zip_at(ByteSpan raw, size_t at) {
  constexpr size_t kHeader = 30;
  if (raw.size() - at < kHeader || little_endian(raw, at + 8, 2) != 8) return {};
  const uint32_t flags = little_endian(raw, at + 6, 2), size = little_endian(raw, at + 18, 4);
  if ((flags & 1) != 0) return {};  // encrypted
  Wrapping out{.kind = Wrapping::Kind::kZip, .hint = {}};
  out.begin = at + kHeader + little_endian(raw, at + 26, 2) + little_endian(raw, at + 28, 2);
  if ((flags & 8) == 0 && size != 0xffffffff) out.bytes = size;
  return out;
}

Wrapping gzip_at(ByteSpan raw, size_t at) {
  enum Flag { kHeaderCrc = 2, kExtra = 4, kName = 8, kComment = 16, kReserved = 0xe0 };
  if (raw.size() - at < 18 || (raw[at + 3] & kReserved) != 0) return {};
  const uint8_t flags = raw[at + 3];
  size_t begin = at + 10;
  if (flags & kExtra) begin += 2 + little_endian(raw, begin, 2);
  for (const uint8_t text : {uint8_t(kName), uint8_t(kComment)}) {
    if ((flags & text) == 0 || begin >= raw.size()) continue;
    const auto end = std::find(raw.begin() + ptrdiff_t(begin), raw.end(), 0);
    begin = size_t(end - raw.begin()) + 1;
  }
  if (flags & kHeaderCrc) begin += 2;
  return {.kind = Wrapping::Kind::kGzip, .begin = begin, .bytes = {}, .hint = {}};
}

Wrapping zlib_at(ByteSpan raw, size_t at) {
  return {.kind = Wrapping::Kind::kZlib,
          .begin = at + 2,
          .bytes = {},
          .hint = {.window_bits = 8 + (raw[at] >> 4), .level_class = raw[at + 1] >> 6}};
}

// By the first two bytes, which must be there with some more.
Wrapping wrapping_at(ByteSpan raw, size_t at) {
  const uint8_t first = raw[at], second = raw[at + 1];
  if (first == 'P' && second == 'K') return has(raw, at, "PK\3\4") ? zip_at(raw, at) : Wrapping{};
  if (first == 0x1f && second == 0x8b) return raw[at + 2] == 8 ? gzip_at(raw, at) : Wrapping{};
  const bool zlib = (first & 0x8f) == 8 && (first << 8 | second) % 31 == 0 && (second & 0x20) == 0;
  // Most encoders have the largest window; of others only what stands where a stream is due is looked at.
  if (zlib && (first == 0x78 || at == 0 || has(raw, at - 1, "\n"))) return zlib_at(raw, at);
  return {};
}

// Whether what follows the stream says that it was one.
bool fits(ByteSpan raw, const Wrapping& wrapping, size_t end, ByteSpan data) {
  switch (wrapping.kind) {
    case Wrapping::Kind::kZip:
      if (wrapping.bytes) return end - wrapping.begin == *wrapping.bytes;
      return has(raw, end, "PK") || (raw.size() - end >= 12 && little_endian(raw, end + 4, 4) == end - wrapping.begin);
    case Wrapping::Kind::kGzip:
      return raw.size() - end >= 8 && little_endian(raw, end + 4, 4) == uint32_t(data.size());
    case Wrapping::Kind::kZlib: {
      if (raw.size() - end < 4) return false;
      const uint32_t sum = adler32(data);
      return raw[end] == sum >> 24 && raw[end + 1] == (sum >> 16 & 255) && raw[end + 2] == (sum >> 8 & 255) &&
             raw[end + 3] == (sum & 255);
    }
  }
  return false;
}

// A PDF's stream in ASCII85: its text begins with what stands for zlib's header with the largest window.
bool may_be_text(ByteSpan raw, size_t at) {
  constexpr size_t kWord = 8;  // "\nstream\n"
  return raw[at] == 'G' && at > kWord && raw[at - 1] == '\n' &&
         (has(raw, at - kWord + 1, "stream\n") || has(raw, at - kWord, "stream\r\n"));
}

std::optional<FoundStream> text_at(ByteSpan raw, size_t at, size_t most_data_bytes) {
  auto text = decode_ascii85(raw.subspan(at), raw.size());
  if (!text) return std::nullopt;
  auto zlib = inflate_zlib(text->bytes, most_data_bytes);
  if (!zlib.ok() || zlib->size_bytes != text->bytes.size()) return std::nullopt;
  return FoundStream{.begin = at,
                     .bytes = text->size_bytes,
                     .hint = zlib->hint,
                     .data = std::move(zlib->data),
                     .text = TextForm{text->line_bytes, std::move(text->bytes)}};
}

}  // namespace

std::vector<FoundStream> find_deflate_streams(ByteSpan raw, const StreamLimits& limits) {
  std::vector<FoundStream> out;
  size_t data_bytes = 0, in_vain = 0;
  for (size_t at = 0; at + kSmallestStream < raw.size();) {
    if (limits.spare) {
      const size_t end = limits.spare(at);
      if (end > at) {
        at = end;
        continue;
      }
    }
    if (may_be_text(raw, at) && in_vain <= kMostWork * raw.size()) {
      if (auto found = text_at(raw, at, limits.most_data_bytes - data_bytes)) {
        data_bytes += found->data.size();
        at += found->bytes;
        out.push_back(std::move(*found));
        continue;
      }
      in_vain += size_t(std::find(raw.begin() + ptrdiff_t(at), raw.end(), '~') - raw.begin()) - at;
    }
    const Wrapping wrapping = wrapping_at(raw, at);
    if (wrapping.begin == 0 || wrapping.begin >= raw.size() || in_vain > kMostWork * raw.size()) {
      ++at;
      continue;
    }
    ByteSpan rest = raw.subspan(wrapping.begin);
    if (wrapping.bytes) rest = rest.first(std::min(rest.size(), *wrapping.bytes));
    InflatedStream inflated = inflate_start(rest, limits.most_data_bytes - data_bytes);
    const size_t bytes = (inflated.size_bits + 7) / 8, end = wrapping.begin + bytes;
    if (inflated.fault || bytes < kSmallestStream || !fits(raw, wrapping, end, inflated.data)) {
      in_vain += inflated.data.size() + 64;
      ++at;
      continue;
    }
    data_bytes += inflated.data.size();
    out.push_back({wrapping.begin, bytes, wrapping.hint, std::move(inflated.data)});
    at = end;
  }
  return out;
}

bool begins_like_streams(ByteSpan start) {
  if (start.size() < 4) return false;
  const bool zlib = start[0] == 0x78 && (start[0] << 8 | start[1]) % 31 == 0 && (start[1] & 0x20) == 0;
  return zlib || has(start, 0, "PK\3\4") || (has(start, 0, "\x1f\x8b") && start[2] == 8) || has(start, 0, "%PDF");
}

}  // namespace lmc
