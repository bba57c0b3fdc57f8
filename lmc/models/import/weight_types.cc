#include "lmc/models/import/weight_types.h"

#include <bit>

namespace lmc {
namespace {

uint32_t read16(const uint8_t* at) { return uint32_t(at[0]) | uint32_t(at[1]) << 8; }
uint32_t read32(const uint8_t* at) { return read16(at) | read16(at + 2) << 16; }

// binary16 to binary32, exactly.
float half(const uint8_t* at) {
  const uint32_t bits = read16(at), sign = (bits & 0x8000) << 16, exponent = bits >> 10 & 31, fraction = bits & 1023;
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7f800000u | fraction << 13);
  if (exponent > 0) return std::bit_cast<float>(sign | (exponent + 112) << 23 | fraction << 13);
  const float tiny = float(fraction) * 0x1p-24f;
  return sign != 0 ? -tiny : tiny;
}

void read_f32(const uint8_t* in, float* out) { *out = std::bit_cast<float>(read32(in)); }
void read_f16(const uint8_t* in, float* out) { *out = half(in); }
void read_bf16(const uint8_t* in, float* out) { *out = std::bit_cast<float>(read16(in) << 16); }

// 32 weights d * q + m: q are the low halves of 16 bytes, then the high ones; kFifth: with a fifth bit each.
template <bool kMinimum, bool kFifth>
void read_q4_or_q5(const uint8_t* in, float* out) {
  constexpr float kMiddle = kFifth ? 16.0f : 8.0f;
  const float d = half(in), m = kMinimum ? half(in + 2) : 0.0f;
  in += kMinimum ? 4 : 2;
  const uint32_t fifths = kFifth ? read32(in) : 0;
  in += kFifth ? 4 : 0;
  for (uint32_t i = 0; i < 32; ++i) {
    const uint32_t low = i < 16 ? in[i] & 15u : in[i - 16] >> 4;
    const float q = float(low | (fifths >> i & 1) << 4);
    out[i] = kMinimum ? d * q + m : d * (q - kMiddle);
  }
}

void read_q8_0(const uint8_t* in, float* out) {
  const float d = half(in);
  for (int i = 0; i < 32; ++i) out[i] = d * float(int8_t(in[2 + i]));
}

struct SixBits {
  float scale, minimum;
};
// The 6-bit scale and minimum of sub-block j of 8, from 12 bytes.
SixBits six_bits(const uint8_t* s, uint32_t j) {
  if (j < 4) return {float(s[j] & 63), float(s[j + 4] & 63)};
  return {float((s[j + 4] & 15) | (s[j - 4] >> 6) << 4), float((s[j + 4] >> 4) | (s[j] >> 6) << 4)};
}

// 256 weights: d, dmin, 12 bytes of scales and minima, kFifth: 32 bytes of fifth bits; 128 bytes, each 32 of them two
// sub-blocks.
template <bool kFifth>
void read_q4_or_q5_k(const uint8_t* in, float* out) {
  const float d = half(in), least = half(in + 2);
  const uint8_t *scales = in + 4, *fifths = in + 16, *low = in + (kFifth ? 48 : 16);
  for (uint32_t j = 0; j < 8; ++j) {
    const SixBits block = six_bits(scales, j);
    const float scale = d * block.scale, minimum = least * block.minimum;
    for (uint32_t i = 0; i < 32; ++i) {
      const uint32_t nibble = low[j / 2 * 32 + i] >> (j % 2 * 4) & 15u;
      const uint32_t fifth = kFifth ? fifths[i] >> j & 1u : 0;
      out[j * 32 + i] = scale * float(nibble | fifth << 4) - minimum;
    }
  }
}

// 256 weights: 128 bytes of low halves, 64 of two high bits each, 16 scales, d.
void read_q6_k(const uint8_t* in, float* out) {
  const float d = half(in + 208);
  for (uint32_t i = 0; i < 256; ++i) {
    const uint32_t n = i / 128, quarter = i % 128 / 32, k = i % 32;
    const uint32_t low = in[n * 64 + quarter % 2 * 32 + k] >> (quarter / 2 * 4) & 15u;
    const uint32_t high = in[128 + n * 32 + k] >> (quarter * 2) & 3u;
    out[i] = d * float(int8_t(in[192 + i / 16])) * float(int32_t(low | high << 4) - 32);
  }
}

constexpr WeightType kTypes[] = {
    {0, "F32", 1, 4, read_f32},
    {1, "F16", 1, 2, read_f16},
    {2, "Q4_0", 32, 18, read_q4_or_q5<false, false>},
    {3, "Q4_1", 32, 20, read_q4_or_q5<true, false>},
    {6, "Q5_0", 32, 22, read_q4_or_q5<false, true>},
    {7, "Q5_1", 32, 24, read_q4_or_q5<true, true>},
    {8, "Q8_0", 32, 34, read_q8_0},
    {12, "Q4_K", 256, 144, read_q4_or_q5_k<false>},
    {13, "Q5_K", 256, 176, read_q4_or_q5_k<true>},
    {14, "Q6_K", 256, 210, read_q6_k},
    {30, "BF16", 1, 2, read_bf16},
};

}  // namespace

const WeightType* find_weight_type(uint32_t id) {
  for (const WeightType& type : kTypes)
    if (type.id == id) return &type;
  return nullptr;
}

uint64_t WeightTensor::rows() const {
  uint64_t rows = 1;
  for (size_t i = 0; i + 1 < shape.size(); ++i) rows *= shape[i];
  return rows;
}

void WeightTensor::read_row(uint64_t row, float* out) const {
  const size_t blocks = size_t(columns()) / type->block_weights;
  const uint8_t* in = bytes.data() + size_t(row) * blocks * type->block_bytes;
  for (size_t i = 0; i < blocks; ++i) type->read(in + i * type->block_bytes, out + i * type->block_weights);
}

void WeightTensor::read_weight(uint64_t row, uint64_t column, float* out) const {
  type->read(bytes.data() + size_t(row * columns() + column) * type->block_bytes, out);
}

}  // namespace lmc
