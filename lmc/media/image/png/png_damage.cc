// Layout:
//   1 byte            Kind
//   [varint]          kCutChunk: the size that the last chunk IDAT says
//   [list]            kOdd: bytes that replace others
//   [list]            kBetween: bytes that are put in
// and a list:
//   varint            number, and for each
//     varint            bytes between it and the one before
//     varint, bytes
#include "lmc/media/image/png/png_damage.h"

#include <algorithm>

#include "lmc/media/image/side_part.h"

namespace lmc {
namespace {

enum Kind : uint8_t { kNoEnd = 1, kCutChunk = 2, kOdd = 4, kBetween = 8 };

constexpr size_t kMostOddOf = 8;    // one byte of so many of a file may be odd
constexpr size_t kJoinedBytes = 3;  // equal bytes between odd ones: no more, and they are noted as one

void write_list(Bytes& side, const std::vector<OddBytes>& list) {
  append_varint(side, list.size());
  size_t end = 0;
  for (const OddBytes& each : list) {
    append_varint(side, each.begin - end);
    append_part(side, each.bytes);
    end = each.begin + each.bytes.size();
  }
}

Result<std::vector<OddBytes>> read_list(ByteReader& side) {
  LMC_ASSIGN(const auto count, side.read_varint("number of odd places of a PNG"));
  if (count > side.remaining() / 2) return bad_input("reconstruction data of a PNG are cut short", side.position());
  std::vector<OddBytes> list;
  size_t end = 0;
  for (uint64_t i = 0; i < count; ++i) {
    LMC_ASSIGN(const auto gap, side.read_varint("bytes between odd places of a PNG"));
    LMC_ASSIGN(const auto bytes, read_part(side, "odd bytes of a PNG"));
    if (gap > INT64_MAX - end - bytes.size()) return bad_input("reconstruction data of a PNG: an impossible place");
    list.push_back({size_t(end + gap), bytes});
    end = size_t(end + gap) + bytes.size();
  }
  return list;
}

}  // namespace

void write_png_damage(Bytes& side, const PngDamage& damage) {
  side.push_back(uint8_t((damage.end.has_end ? 0 : kNoEnd) | (damage.end.said_bytes ? kCutChunk : 0) |
                         (damage.odd.empty() ? 0 : kOdd) | (damage.between.empty() ? 0 : kBetween)));
  if (damage.end.said_bytes) append_varint(side, *damage.end.said_bytes);
  if (!damage.odd.empty()) write_list(side, damage.odd);
  if (!damage.between.empty()) write_list(side, damage.between);
}

Result<PngDamage> read_png_damage(ByteReader& side) {
  LMC_ASSIGN(const auto kinds, side.read_le<uint8_t>("damage of a PNG"));
  if (kinds > (kNoEnd | kCutChunk | kOdd | kBetween))
    return bad_input("reconstruction data of a PNG: unknown damage", side.position());
  PngDamage damage;
  damage.end.has_end = (kinds & kNoEnd) == 0;
  if (kinds & kCutChunk) {
    LMC_ASSIGN(const auto said, side.read_varint("size of the last chunk"));
    damage.end.said_bytes = uint32_t(said);
  }
  if (kinds & kOdd) {
    LMC_ASSIGN(damage.odd, read_list(side));
  }
  if (kinds & kBetween) {
    LMC_ASSIGN(damage.between, read_list(side));
  }
  return damage;
}

Bytes without(ByteSpan file, const std::vector<OddBytes>& parts) {
  Bytes out;
  size_t end = 0;
  for (const OddBytes& part : parts) {
    append_bytes(out, file.subspan(end, part.begin - end));
    end = part.begin + part.bytes.size();
  }
  append_bytes(out, file.subspan(end));
  return out;
}

Result<std::vector<OddBytes>> differing_bytes(ByteSpan made, ByteSpan actual) {
  if (made.size() != actual.size()) return bad_input("PNG: a damaged file that is not made again at its size");
  std::vector<OddBytes> odd;
  size_t odd_bytes = 0;
  for (size_t at = 0;;) {
    at = size_t(std::mismatch(made.begin() + ptrdiff_t(at), made.end(), actual.begin() + ptrdiff_t(at)).first -
                made.begin());
    if (at == made.size()) return odd;
    size_t end = at + 1, last = at;
    for (; end < made.size() && end <= last + kJoinedBytes; ++end)
      if (made[end] != actual[end]) last = end;
    odd.push_back({at, actual.subspan(at, last + 1 - at)});
    odd_bytes += last + 1 - at;
    if (odd_bytes > actual.size() / kMostOddOf) return bad_input("PNG: a damaged file that is hardly made again");
    at = last + 1;
  }
}

Result<Bytes> with_damage(Bytes file, const PngDamage& damage, size_t max_bytes) {
  for (const OddBytes& each : damage.odd) {
    if (each.begin > file.size() || each.bytes.size() > file.size() - each.begin)
      return bad_input("reconstruction data of a PNG: odd bytes outside the file");
    std::ranges::copy(each.bytes, file.begin() + ptrdiff_t(each.begin));
  }
  if (damage.between.empty()) return file;
  Bytes out;
  size_t taken = 0;
  for (const OddBytes& each : damage.between) {
    const size_t gap = each.begin - out.size();
    if (gap > file.size() - taken || each.begin + each.bytes.size() > max_bytes)
      return bad_input("reconstruction data of a PNG: odd bytes outside the file");
    append_bytes(out, ByteSpan(file).subspan(taken, gap));
    append_bytes(out, each.bytes);
    taken += gap;
  }
  if (out.size() + (file.size() - taken) > max_bytes)
    return bad_input("reconstruction data of a PNG: more than the file's size");
  append_bytes(out, ByteSpan(file).subspan(taken));
  return out;
}

}  // namespace lmc
