// The inverse 8x8 DCT in integers that decoders of JPEG files use by default ("islow" of libjpeg and libjpeg-turbo):
// the factorisation of Loeffler, Ligtenberg and Moschytz (ICASSP 1989) with constants of 13 bits, columns first. Sample
// for sample what they give. docs/pixels.md, section 9.
#ifndef LMC_COEFFICIENTS_DECODED_INVERSE_DCT_H_
#define LMC_COEFFICIENTS_DECODED_INVERSE_DCT_H_

#include <array>
#include <cstdint>

namespace lmc {

// Both (8, 8): coefficients, quantised, and their steps in the order row * 8 + column; samples with the 128 added that
// JPEG takes off, not yet bounded to 0..255. Products beyond 16 bits are bounded to them.
void inverse_dct(const int16_t* coefficients, const std::array<uint16_t, 64>& steps, std::array<int, 64>& samples);

}  // namespace lmc

#endif  // LMC_COEFFICIENTS_DECODED_INVERSE_DCT_H_
