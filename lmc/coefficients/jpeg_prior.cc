#include "lmc/coefficients/jpeg_prior.h"

#include <algorithm>
#include <cmath>

#include "lmc/mixing/logistic.h"

namespace lmc {

// jpeg_prior.bin, turned into an array when the build is configured.
extern const uint8_t kJpegPriorFile[];
extern const size_t kJpegPriorFileBytes;

namespace {

constexpr float kLogitStep = 0.25f;
constexpr uint8_t kCounts[4] = {4, 12, 24, 40};  // what a slot begins with,
constexpr uint8_t kSeen[4] = {0, 64, 128, 250};  // by how often it was seen in training

std::array<BitSlot, 256> make_slots() {
  std::array<BitSlot, 256> slots{};
  for (size_t i = 0; i < 256; ++i) {
    slots[i].offset = int16_t(int32_t(logistic().squash((float(i >> 2) - 31.5f) * kLogitStep)) - 32768);
    slots[i].count = kCounts[i & 3];
  }
  return slots;
}

}  // namespace

const std::array<BitSlot, 256>& prior_slots() {
  static const std::array<BitSlot, 256> slots = make_slots();
  return slots;
}

uint8_t prior_byte(const BitSlot& slot) {
  const int logit = int(std::floor(logistic().stretch(slot.p16()) / kLogitStep)) + 32;
  int trust = 0;
  while (trust < 3 && slot.count >= kSeen[trust + 1]) ++trust;
  return uint8_t(std::clamp(logit, 0, 63) << 2 | trust);
}

JpegPrior::JpegPrior(ByteSpan file) {
  size_t at = 0;
  for (ByteSpan& section : sections_) {
    if (file.size() - at < 4) return;
    size_t size = 0;
    for (size_t i = 0; i < 4; ++i) size |= size_t(file[at + i]) << (8 * i);
    at += 4;
    section = file.subspan(at, std::min(size, file.size() - at));
    at += section.size();
  }
}

const JpegPrior& jpeg_prior() {
  static const JpegPrior prior(ByteSpan(kJpegPriorFile, kJpegPriorFileBytes));
  return prior;
}

}  // namespace lmc
