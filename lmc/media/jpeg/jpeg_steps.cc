#include "lmc/media/jpeg/jpeg_steps.h"

#include <algorithm>

#include "lmc/media/jpeg/jpeg_headers.h"

namespace lmc {
namespace {

enum : uint8_t { kListed = 0, kAsBefore = 1, kLuminance = 2, kChrominance = 3 };

constexpr std::array<uint8_t, 64> kLuminanceTable = {
    16, 11,  10,  16, 24, 40, 51, 61, 12,  12,  14,  19,  26, 58, 60, 55,  14,  13,  16,  24, 40, 57,
    69, 56,  14,  17, 22, 29, 51, 87, 80,  62,  18,  22,  37, 56, 68, 109, 103, 77,  24,  35, 55, 64,
    81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98,  112, 100, 103, 99};
constexpr std::array<uint8_t, 16> kChrominanceCorner = {17, 18, 24, 47, 18, 21, 26, 66, 24, 26, 56, 99, 47, 66, 99, 99};

}  // namespace

DctSteps standard_steps(bool chroma, int quality) {
  const int scale = quality < 50 ? 5000 / quality : 200 - 2 * quality;
  DctSteps steps;
  for (size_t i = 0; i < 64; ++i) {
    const size_t u = i % 8, v = i / 8;
    const int base = !chroma ? kLuminanceTable[i] : u < 4 && v < 4 ? kChrominanceCorner[4 * v + u] : 99;
    steps[i] = uint16_t(std::clamp((base * scale + 50) / 100, 1, 32767));
  }
  return steps;
}

void append_steps(Bytes& out, const DctSteps& steps, const DctSteps* before) {
  if (before != nullptr && *before == steps) {
    out.push_back(kAsBefore);
    return;
  }
  for (int quality = 1; quality <= 100; ++quality)
    for (const bool chroma : {false, true})
      if (standard_steps(chroma, quality) == steps) {
        out.push_back(chroma ? kChrominance : kLuminance);
        out.push_back(uint8_t(quality));
        return;
      }
  out.push_back(kListed);
  for (uint8_t place : kZigzag) append_varint(out, steps[place]);
}

Result<DctSteps> read_steps(ByteReader& reader, const DctSteps* before) {
  const auto damaged = [](const char* what) {
    return bad_input(std::string("decoded picture: ") + what + "; the file is damaged");
  };
  LMC_ASSIGN(const auto kind, reader.read_le<uint8_t>("decoded picture: kind of steps"));
  if (kind == kAsBefore) {
    if (before == nullptr) return damaged("the first component has the steps of one before");
    return *before;
  }
  if (kind == kLuminance || kind == kChrominance) {
    LMC_ASSIGN(const auto quality, reader.read_le<uint8_t>("decoded picture: quality"));
    if (quality < 1 || quality > 100) return damaged("a quality that is not 1 to 100");
    return standard_steps(kind == kChrominance, quality);
  }
  if (kind != kListed) return damaged("an unknown kind of steps");
  DctSteps steps;
  for (uint8_t place : kZigzag) {
    LMC_ASSIGN(const auto step, reader.read_varint("decoded picture: step"));
    if (step < 1 || step > 65535) return damaged("a step that is not 1 to 65535");
    steps[place] = uint16_t(step);
  }
  return steps;
}

}  // namespace lmc
