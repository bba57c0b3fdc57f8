#include "lmc/pipeline/tar_headers.h"

#include <algorithm>

namespace lmc {

std::optional<uint64_t> tar_content_bytes(ByteSpan raw, size_t at) {
  constexpr size_t kSize = 124, kSum = 148, kMagic = 257, kFieldBytes = 12, kSumBytes = 8;
  if (raw.size() - at < kTarRecord) return std::nullopt;
  const ByteSpan record = raw.subspan(at, kTarRecord);
  if (!std::ranges::equal(record.subspan(kMagic, 5), as_bytes("ustar"))) return std::nullopt;
  const auto octal = [&](size_t field, size_t bytes) {
    uint64_t value = 0;
    for (uint8_t c : record.subspan(field, bytes))
      if (c >= '0' && c <= '7') value = value * 8 + (c - '0');
    return value;
  };
  uint64_t sum = 0;
  for (size_t i = 0; i < kTarRecord; ++i) sum += i >= kSum && i < kSum + kSumBytes ? uint8_t(' ') : record[i];
  if (sum != octal(kSum, kSumBytes)) return std::nullopt;
  if (record[kSize] < 128) return octal(kSize, kFieldBytes);
  uint64_t value = 0;
  for (uint8_t c : record.subspan(kSize + 4, kFieldBytes - 4)) value = value << 8 | c;
  return value;
}

size_t next_tar_header(ByteSpan raw, size_t at) {
  for (at = (at + kTarRecord - 1) / kTarRecord * kTarRecord; at < raw.size(); at += kTarRecord)
    if (tar_content_bytes(raw, at)) return at;
  return raw.size();
}

}  // namespace lmc
