// One frame of a FLAC file: its bytes as what the encoder chose and the samples, and back. Source: RFC 9639.
//
// The signal of a subframe is one channel, or the sum or difference of two, without the low bits that the subframe
// says are unused. All that an encoder is free to choose stands in FlacFrame; checksums, lengths and filling bits
// follow from it.
#ifndef LMC_MEDIA_AUDIO_FLAC_FLAC_FRAME_H_
#define LMC_MEDIA_AUDIO_FLAC_FLAC_FRAME_H_

#include <array>
#include <span>
#include <vector>

#include "lmc/base/bytes.h"

namespace lmc {

inline constexpr int kMostFlacChannels = 8, kMostFlacOrder = 32, kMostFixedOrder = 4;
inline constexpr size_t kMostFlacBlock = 65536;  // samples of a channel

struct FlacShape {
  int channels = 1;  // 1..8
  int bits = 16;     // of a sample, 4..32
};

enum class FlacKind : uint8_t { kConstant, kVerbatim, kFixed, kLinear };

struct FlacSubframe {
  FlacKind kind = FlacKind::kConstant;
  int unused_bits = 0;
  int order = 0;                                       // of the predictor: fixed 0..4, linear 1..32
  int precision = 0, shift = 0;                        // linear: bits of a coefficient 1..15; 0..15
  std::array<int32_t, kMostFlacOrder> coefficients{};  // of the latest sample first
  bool wide_parameters = false;                        // 5 bits each, not 4
  int partition_order = 0;                             // 2^partition_order partitions
  std::vector<uint8_t> parameters;                     // of each partition; kFlacEscape + bits: that many raw bits
};
inline constexpr uint8_t kFlacEscape = 64;

struct FlacHeader {
  bool is_variable = false;  // blocks of different sizes, numbered by samples
  uint8_t block_code = 0, rate_code = 0, assignment = 0, size_code = 0;
  uint32_t rate_extra = 0;  // what stands behind some rate codes
  uint64_t number = 0;      // below 2^36
  uint32_t block = 0;       // samples of a channel
  bool operator==(const FlacHeader&) const = default;
};

struct FlacFrame {
  FlacHeader header;
  std::array<FlacSubframe, kMostFlacChannels> subframes;
};

using FlacSignal = std::vector<int64_t>;
using FlacSignals = std::array<FlacSignal, kMostFlacChannels>;

// How channels are stored, by assignment: 8 left and side, 9 side and right, 10 mid and side.
inline constexpr int kLeftSide = 8, kSideRight = 9, kMidSide = 10;
inline int flac_signal_bits(const FlacShape& shape, int assignment, int channel) {
  const bool is_side = assignment == kSideRight ? channel == 0 : assignment >= kLeftSide && channel == 1;
  return shape.bits + (is_side ? 1 : 0);
}

// The signals that an assignment makes of interleaved samples, whole (no unused bits left out), and back.
void split_flac_channels(const FlacShape& shape, int assignment, std::span<const int32_t> samples,
                         FlacSignals& signals);
void join_flac_channels(const FlacShape& shape, int assignment, const FlacSignals& signals, std::span<int32_t> samples);

// What the predictor of a subframe leaves of its signal from the sample number `order` on; empty if it has none.
void flac_residual(const FlacSubframe& subframe, const FlacSignal& signal, FlacSignal& residual);

// Reads the frame that begins bytes. signals: without unused bits. Gives the size of the frame. Errors: bad input: not
// a frame of that shape, or one that a decoder may refuse, or cut off (its offset is then bytes.size()).
Result<size_t> read_flac_frame(ByteSpan bytes, const FlacShape& shape, FlacFrame& frame, FlacSignals& signals);

// Appends a frame to out, to at most most_bytes bytes there. signals: without unused bits; residuals: of them. Errors:
// bad input: it has more bytes.
Status write_flac_frame(const FlacFrame& frame, const FlacShape& shape, const FlacSignals& signals,
                        const FlacSignals& residuals, size_t most_bytes, Bytes& out);

// How libFLAC writes sizes and rates.
uint8_t usual_block_code(uint32_t block);
void set_usual_rate(FlacHeader& header, uint32_t rate);
uint8_t usual_size_code(int bits);
// Whether the code of a block size can stand for it.
bool block_code_fits(uint8_t code, uint32_t block);

}  // namespace lmc

#endif  // LMC_MEDIA_AUDIO_FLAC_FLAC_FRAME_H_
