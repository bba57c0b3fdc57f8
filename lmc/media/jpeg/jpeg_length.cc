#include "lmc/media/jpeg/jpeg_length.h"

namespace lmc {
namespace {

// Behind the entropy-coded bytes from `at` on: the next marker that is no restart.
size_t end_of_scan(ByteSpan raw, size_t at) {
  for (; at + 1 < raw.size(); ++at)
    if (raw[at] == 0xff && raw[at + 1] != 0 && raw[at + 1] != 0xff && (raw[at + 1] < 0xd0 || raw[at + 1] > 0xd7))
      return at;
  return raw.size();
}

}  // namespace

bool begins_like_jpeg(ByteSpan start) { return begins_with(start, "\xff\xd8\xff"); }

FileLength jpeg_length(ByteSpan raw) {
  constexpr uint8_t kSof0 = 0xc0, kDht = 0xc4, kDac = 0xcc, kSof15 = 0xcf, kSoi = 0xd8, kEoi = 0xd9, kSos = 0xda;
  size_t at = 2;
  bool frame = false, scan = false;
  for (int segments = 0;; ++segments) {
    const bool sure = segments > 1;
    while (at + 1 < raw.size() && raw[at] == 0xff && raw[at + 1] == 0xff) ++at;  // fill bytes
    if (at + 4 > raw.size() && !(at + 2 == raw.size() && raw[at + 1] == kEoi)) return FileLength::cut_off(raw, sure);
    const uint8_t marker = raw[at + 1];
    if (raw[at] != 0xff || marker < kSof0 || marker == kSoi) return {FileLength::End::kNoFile, at};
    if (marker == kEoi) return {frame && scan ? FileLength::End::kThere : FileLength::End::kNoFile, at + 2};
    const size_t bytes = big_endian(raw, at + 2, 2);
    if (bytes < 2) return {FileLength::End::kNoFile, at};
    frame = frame || (marker <= kSof15 && marker != kDht && marker != kDac);
    at += 2 + bytes;
    if (at >= raw.size()) return FileLength::cut_off(raw, sure);
    if (marker != kSos) continue;
    if (!frame) return {FileLength::End::kNoFile, at};
    scan = true;
    at = end_of_scan(raw, at);
  }
}

}  // namespace lmc
