#include "lmc/media/image/image_search.h"

#include <algorithm>
#include <array>

namespace lmc {
namespace {

using End = FileLength::End;

constexpr size_t kMostWalks = 8;

bool begins_with(ByteSpan bytes, std::string_view start) {
  return bytes.size() >= start.size() && std::ranges::equal(bytes.first(start.size()), as_bytes(start));
}

uint32_t big_endian(ByteSpan bytes, size_t at, int count) {
  uint32_t value = 0;
  for (int i = 0; i < count; ++i) value = value << 8 | bytes[at + size_t(i)];
  return value;
}

// A file that raw has no end of counts only when so much of it looks right that chance is no explanation.
FileLength cut_off(ByteSpan raw, bool sure) { return {sure ? End::kCutOff : End::kNoFile, raw.size()}; }

// Behind the entropy-coded bytes from `at` on: the next marker that is no restart.
size_t end_of_scan(ByteSpan raw, size_t at) {
  for (; at + 1 < raw.size(); ++at)
    if (raw[at] == 0xff && raw[at + 1] != 0 && raw[at + 1] != 0xff && (raw[at + 1] < 0xd0 || raw[at + 1] > 0xd7))
      return at;
  return raw.size();
}

FileLength jpeg_length(ByteSpan raw) {
  constexpr uint8_t kSof0 = 0xc0, kDht = 0xc4, kDac = 0xcc, kSof15 = 0xcf, kSoi = 0xd8, kEoi = 0xd9, kSos = 0xda;
  size_t at = 2;
  bool frame = false, scan = false;
  for (int segments = 0;; ++segments) {
    const bool sure = segments > 1;
    while (at + 1 < raw.size() && raw[at] == 0xff && raw[at + 1] == 0xff) ++at;  // fill bytes
    if (at + 4 > raw.size() && !(at + 2 == raw.size() && raw[at + 1] == kEoi)) return cut_off(raw, sure);
    const uint8_t marker = raw[at + 1];
    if (raw[at] != 0xff || marker < kSof0 || marker == kSoi) return {End::kNoFile, at};
    if (marker == kEoi) return {frame && scan ? End::kThere : End::kNoFile, at + 2};
    const size_t bytes = big_endian(raw, at + 2, 2);
    if (bytes < 2) return {End::kNoFile, at};
    frame = frame || (marker <= kSof15 && marker != kDht && marker != kDac);
    at += 2 + bytes;
    if (at >= raw.size()) return cut_off(raw, sure);
    if (marker != kSos) continue;
    if (!frame) return {End::kNoFile, at};
    scan = true;
    at = end_of_scan(raw, at);
  }
}

FileLength png_length(ByteSpan raw) {
  constexpr size_t kSignature = 8, kFraming = 12, kHeaderBytes = 13;
  size_t at = kSignature;
  for (bool first = true;; first = false) {
    if (raw.size() - at < kFraming) return cut_off(raw, !first);
    const size_t bytes = big_endian(raw, at, 4);
    const ByteSpan type = raw.subspan(at + 4, 4);
    if (first && (!begins_with(type, "IHDR") || bytes != kHeaderBytes)) return {End::kNoFile, at};
    if (!std::ranges::all_of(type, [](uint8_t c) { return (c | 32) >= 'a' && (c | 32) <= 'z'; }))
      return {End::kNoFile, at};
    const bool last = begins_with(type, "IEND");
    if (bytes > raw.size() - at - kFraming) return cut_off(raw, !first);
    at += kFraming + bytes;
    if (last) return {End::kThere, at};
  }
}

FileLength gif_length(ByteSpan raw) {
  constexpr size_t kScreen = 13, kImage = 10;
  constexpr uint8_t kExtension = 0x21, kDescriptor = 0x2c, kTrailer = 0x3b;
  const auto palette_bytes = [](uint8_t flags) { return (flags & 128) != 0 ? size_t(6) << (flags & 7) : size_t(0); };
  if (raw.size() < kScreen) return {};
  size_t at = kScreen + palette_bytes(raw[kScreen - 3]);
  for (bool some = false;; some = true) {
    if (at >= raw.size()) return cut_off(raw, some);
    const uint8_t kind = raw[at];
    if (kind == kTrailer) return {some ? End::kThere : End::kNoFile, at + 1};
    if (kind == kExtension) {
      at += 2;
    } else if (kind == kDescriptor) {
      if (raw.size() - at <= kImage) return cut_off(raw, some);
      at += kImage + palette_bytes(raw[at + kImage - 1]) + 1;
    } else {
      return {End::kNoFile, at};
    }
    while (at < raw.size() && raw[at] != 0) at += size_t(1) + raw[at];
    ++at;
  }
}

FileLength webp_length(ByteSpan raw) {
  constexpr size_t kRiff = 8, kStart = 12;
  if (raw.size() < kStart || !begins_with(raw.subspan(kRiff), "WEBP")) return {};
  const size_t said = size_t(raw[4]) | size_t(raw[5]) << 8 | size_t(raw[6]) << 16 | size_t(raw[7]) << 24;
  const size_t bytes = kRiff + said + (said & 1);
  return bytes <= raw.size() ? FileLength{End::kThere, bytes} : cut_off(raw, true);
}

}  // namespace

FileLength image_file_length(ByteSpan start) {
  if (begins_with(start, "\xff\xd8\xff")) return jpeg_length(start);
  if (begins_with(start, "\x89PNG\r\n\x1a\n")) return png_length(start);
  if (begins_with(start, "GIF87a") || begins_with(start, "GIF89a")) return gif_length(start);
  if (begins_with(start, "RIFF")) return webp_length(start);
  return {};
}

ImageSearch find_images(ByteSpan raw) {
  static constexpr std::array<bool, 256> kFirstBytes = [] {
    std::array<bool, 256> first{};
    for (uint8_t c : {0xff, 0x89, int('G'), int('R')}) first[c] = true;
    return first;
  }();
  ImageSearch found;
  size_t walked = 0;
  for (size_t at = 0; at < raw.size(); ++at) {
    if (!kFirstBytes[raw[at]] || walked > kMostWalks * raw.size()) continue;
    const FileLength length = image_file_length(raw.subspan(at));
    if (length.end == End::kThere) {
      if (length.bytes >= kSmallestFoundImage) found.images.push_back({at, length.bytes});
      at += length.bytes - 1;
      continue;
    }
    walked += length.bytes;
    if (length.end == End::kCutOff && !found.unfinished) found.unfinished = at;
  }
  return found;
}

}  // namespace lmc
