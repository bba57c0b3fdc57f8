#include "lmc/media/audio/flac/flac_frame.h"

#include <algorithm>

#include "lmc/media/audio/flac/flac_bits.h"

namespace lmc {
namespace {

constexpr uint32_t kSync = 0x3ffe;
constexpr int kNumberBits = 36;
constexpr int kBlockInByte = 6, kBlockInTwo = 7, kRateInByte = 12, kRateInTwo = 13, kTensInTwo = 14;
constexpr uint32_t kBlocks[16] = {0, 192, 576, 1152, 2304, 4608, 0, 0, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768};
constexpr uint32_t kRates[12] = {0, 88200, 176400, 192000, 8000, 16000, 22050, 24000, 32000, 44100, 48000, 96000};
constexpr uint8_t kSizes[8] = {0, 8, 12, 0, 16, 20, 24, 32};

template <typename Word, int kBits, uint32_t kPolynomial>
struct CrcTable {
  std::array<Word, 256> entries{};
  constexpr CrcTable() {
    for (uint32_t i = 0; i < 256; ++i) {
      uint32_t value = i << (kBits - 8);
      for (int k = 0; k < 8; ++k) value = value << 1 ^ ((value >> (kBits - 1) & 1) ? kPolynomial : 0);
      entries[i] = Word(value);
    }
  }
};
uint8_t crc8_of(ByteSpan bytes) {
  static constexpr CrcTable<uint8_t, 8, 0x07> kTable;
  uint8_t crc = 0;
  for (uint8_t byte : bytes) crc = kTable.entries[crc ^ byte];
  return crc;
}
uint16_t crc16_of(ByteSpan bytes) {
  static constexpr CrcTable<uint16_t, 16, 0x8005> kTable;
  uint16_t crc = 0;
  for (uint8_t byte : bytes) crc = uint16_t(crc << 8 ^ kTable.entries[crc >> 8 ^ byte]);
  return crc;
}

Error broken(const std::string& what) { return bad_input("FLAC: " + what); }
Error cut_off(ByteSpan bytes) { return bad_input("FLAC: a frame that is cut off", bytes.size()); }

// As UTF-8 codes characters, drawn out to 36 bits. UINT64_MAX: it is none.
uint64_t read_number(FlacBitReader& reader) {
  const uint32_t first = reader.read(8);
  if (first < 0x80) return first;
  const int ones = std::countl_one(uint8_t(first));
  if (ones < 2 || ones > 7) return UINT64_MAX;
  uint64_t value = ones == 7 ? 0 : first & ((1u << (7 - ones)) - 1);
  for (int i = 1; i < ones; ++i) {
    const uint32_t next = reader.read(8);
    if (next >> 6 != 2) return UINT64_MAX;
    value = value << 6 | (next & 63);
  }
  return value;
}
void write_number(FlacBitWriter& writer, uint64_t value) {
  if (value < 0x80) {
    writer.write(value, 8);
    return;
  }
  int bytes = 2;
  while (bytes < 7 && value >> (5 * bytes + 1) != 0) ++bytes;
  const uint32_t ones = (0xff << (8 - bytes)) & 0xff;
  writer.write(ones | (bytes == 7 ? 0 : value >> (6 * (bytes - 1))), 8);
  for (int i = bytes - 1; i-- > 0;) writer.write(0x80 | (value >> (6 * i) & 63), 8);
}

Result<FlacHeader> read_header(FlacBitReader& reader, ByteSpan bytes, const FlacShape& shape) {
  FlacHeader header;
  if (reader.read(14) != kSync || reader.read(1) != 0) return broken("no frame");
  header.is_variable = reader.read(1) != 0;
  header.block_code = uint8_t(reader.read(4));
  header.rate_code = uint8_t(reader.read(4));
  header.assignment = uint8_t(reader.read(4));
  header.size_code = uint8_t(reader.read(3));
  if (reader.read(1) != 0 || header.block_code == 0 || header.rate_code == 15 || header.assignment > kMidSide)
    return broken("a frame header with a reserved value");
  header.number = read_number(reader);
  if (header.number >> kNumberBits != 0) return broken("a frame number that is none");
  header.block = header.block_code == kBlockInByte  ? reader.read(8) + 1
                 : header.block_code == kBlockInTwo ? reader.read(16) + 1
                                                    : kBlocks[header.block_code];
  if (header.rate_code >= kRateInByte) header.rate_extra = reader.read(header.rate_code == kRateInByte ? 8 : 16);
  const size_t size = reader.position_bytes();
  if (size >= bytes.size()) return cut_off(bytes);
  if (reader.read(8) != crc8_of(bytes.first(size))) return broken("a frame header with a wrong checksum");
  const int channels = header.assignment >= kLeftSide ? 2 : header.assignment + 1;
  if (channels != shape.channels) return broken("a frame with other channels than the stream");
  if (header.size_code != 0 && kSizes[header.size_code] != shape.bits)
    return broken("a frame with other bits a sample than the stream");
  return header;
}

void write_header(const FlacHeader& header, size_t most_bytes, Bytes& out) {
  const size_t begin = out.size();
  FlacBitWriter writer(out, most_bytes);
  writer.write(kSync, 14);
  writer.write(header.is_variable, 2);
  writer.write(header.block_code, 4);
  writer.write(header.rate_code, 4);
  writer.write(header.assignment, 4);
  writer.write(header.size_code, 3);
  writer.write(0, 1);
  write_number(writer, header.number);
  if (header.block_code == kBlockInByte) writer.write(header.block - 1, 8);
  if (header.block_code == kBlockInTwo) writer.write(header.block - 1, 16);
  if (header.rate_code >= kRateInByte) writer.write(header.rate_extra, header.rate_code == kRateInByte ? 8 : 16);
  writer.write(crc8_of(ByteSpan(out).subspan(std::min(begin, out.size()))), 8);
}

// The sum of coefficients times the samples before at, the latest first.
int64_t linear_prediction(const FlacSubframe& subframe, const int64_t* at) {
  uint64_t sum = 0;  // wraps where a file is no real one
  for (int i = 0; i < subframe.order; ++i)
    sum += uint64_t(int64_t(subframe.coefficients[size_t(i)])) * uint64_t(at[-1 - i]);
  return int64_t(sum) >> subframe.shift;
}
int64_t fixed_prediction(int order, const int64_t* at) {
  switch (order) {
    case 0:
      return 0;
    case 1:
      return at[-1];
    case 2:
      return 2 * at[-1] - at[-2];
    case 3:
      return 3 * at[-1] - 3 * at[-2] + at[-3];
    default:
      return 4 * at[-1] - 6 * at[-2] + 4 * at[-3] - at[-4];
  }
}
int64_t predict(const FlacSubframe& subframe, const int64_t* at) {
  return subframe.kind == FlacKind::kLinear ? linear_prediction(subframe, at) : fixed_prediction(subframe.order, at);
}

// The residual behind the first `order` samples of the signal, which then becomes whole.
Status read_residual(FlacBitReader& reader, ByteSpan bytes, FlacSubframe& subframe, FlacSignal& signal, int bits) {
  const uint32_t method = reader.read(2);
  if (method > 1) return broken("an unknown residual coding");
  subframe.wide_parameters = method == 1;
  const int parameter_bits = method == 1 ? 5 : 4;
  subframe.partition_order = int(reader.read(4));
  const size_t block = signal.size(), partitions = size_t(1) << subframe.partition_order;
  const size_t each = block >> subframe.partition_order;
  if (each << subframe.partition_order != block || each < size_t(subframe.order))
    return broken("partitions that do not fit their block");
  subframe.parameters.resize(partitions);
  const int64_t limit = int64_t(1) << (bits - 1);
  size_t at = size_t(subframe.order);
  for (size_t partition = 0; partition < partitions; ++partition) {
    const auto parameter = int(reader.read(parameter_bits));
    const bool is_escaped = parameter == (1 << parameter_bits) - 1;
    const auto raw_bits = int(is_escaped ? reader.read(5) : 0);
    subframe.parameters[partition] = uint8_t(is_escaped ? kFlacEscape + raw_bits : parameter);
    for (const size_t end = (partition + 1) * each; at < end; ++at) {
      int64_t left;
      if (is_escaped) {
        left = raw_bits == 0 ? 0 : reader.read_signed(raw_bits);
      } else {
        const uint64_t high = reader.read_unary();
        const uint64_t folded = high << parameter | reader.read(parameter);
        if (high >> (33 - parameter) != 0) return broken("a residual that is too large");
        left = int64_t(folded >> 1) ^ -int64_t(folded & 1);
      }
      const int64_t value = predict(subframe, signal.data() + at) + left;
      if (value < -limit || value >= limit) return broken("a sample out of range");
      signal[at] = value;
    }
    if (reader.past_end()) return cut_off(bytes);
  }
  return Ok();
}

Status read_subframe(FlacBitReader& reader, ByteSpan bytes, int bits, FlacSubframe& subframe, FlacSignal& signal) {
  if (reader.read(1) != 0) return broken("a subframe that does not begin with a zero");
  const uint32_t type = reader.read(6);
  subframe.unused_bits = reader.read(1) ? int(std::min<uint64_t>(reader.read_unary(), 64)) + 1 : 0;
  bits -= subframe.unused_bits;
  if (bits < 1) return broken("more unused bits than bits");
  if (reader.past_end()) return cut_off(bytes);
  subframe.order = 0;
  subframe.parameters.clear();
  if (type == 0) {
    subframe.kind = FlacKind::kConstant;
    std::ranges::fill(signal, reader.read_signed(bits));
    return Ok();
  }
  if (type == 1) {
    subframe.kind = FlacKind::kVerbatim;
    if (signal.size() > 8 * bytes.size()) return cut_off(bytes);
    for (int64_t& value : signal) value = reader.read_signed(bits);
    return Ok();
  }
  if (type >= 32) {
    subframe.kind = FlacKind::kLinear;
    subframe.order = int(type) - 31;
  } else if (type >= 8 && type <= 8 + kMostFixedOrder) {
    subframe.kind = FlacKind::kFixed;
    subframe.order = int(type) - 8;
  } else {
    return broken("a reserved kind of subframe");
  }
  if (size_t(subframe.order) > signal.size()) return broken("a predictor that is longer than its block");
  for (int i = 0; i < subframe.order; ++i) signal[size_t(i)] = reader.read_signed(bits);
  if (subframe.kind == FlacKind::kLinear) {
    subframe.precision = int(reader.read(4)) + 1;
    subframe.shift = int(reader.read_signed(5));
    if (subframe.precision > 15 || subframe.shift < 0) return broken("a reserved precision or shift");
    for (int i = 0; i < subframe.order; ++i)
      subframe.coefficients[size_t(i)] = int32_t(reader.read_signed(subframe.precision));
  }
  return read_residual(reader, bytes, subframe, signal, bits);
}

void write_residual(FlacBitWriter& writer, const FlacSubframe& subframe, size_t block, const FlacSignal& residual) {
  writer.write(subframe.wide_parameters, 2);
  writer.write(uint64_t(subframe.partition_order), 4);
  const int parameter_bits = subframe.wide_parameters ? 5 : 4;
  const size_t each = block >> subframe.partition_order;
  size_t at = 0;
  for (size_t partition = 0; partition < subframe.parameters.size() && !writer.overflows(); ++partition) {
    const int parameter = subframe.parameters[partition];
    const size_t end = (partition + 1) * each - size_t(subframe.order);
    if (parameter >= kFlacEscape) {
      writer.write((1u << parameter_bits) - 1, parameter_bits);
      writer.write(uint64_t(parameter - kFlacEscape), 5);
      for (; at < end; ++at) writer.write(uint64_t(residual[at]), parameter - kFlacEscape);
      continue;
    }
    writer.write(uint64_t(parameter), parameter_bits);
    for (; at < end && !writer.overflows(); ++at) {
      const uint64_t folded = uint64_t(residual[at]) << 1 ^ uint64_t(residual[at] >> 63);
      writer.write_unary(folded >> parameter);
      writer.write(folded, parameter);
    }
  }
}

void write_subframe(FlacBitWriter& writer, const FlacSubframe& subframe, int bits, const FlacSignal& signal,
                    const FlacSignal& residual) {
  constexpr int kTypes[] = {0, 1, 8, 31};
  writer.write(uint64_t(kTypes[int(subframe.kind)] + subframe.order), 7);
  writer.write(subframe.unused_bits > 0, 1);
  if (subframe.unused_bits > 0) writer.write_unary(uint64_t(subframe.unused_bits - 1));
  bits -= subframe.unused_bits;
  const size_t plain = subframe.kind == FlacKind::kConstant   ? 1
                       : subframe.kind == FlacKind::kVerbatim ? signal.size()
                                                              : size_t(subframe.order);
  for (size_t i = 0; i < plain && !writer.overflows(); ++i) writer.write(uint64_t(signal[i]), bits);
  if (subframe.kind < FlacKind::kFixed) return;
  if (subframe.kind == FlacKind::kLinear) {
    writer.write(uint64_t(subframe.precision - 1), 4);
    writer.write(uint64_t(subframe.shift), 5);
    for (int i = 0; i < subframe.order; ++i)
      writer.write(uint64_t(int64_t(subframe.coefficients[size_t(i)])), subframe.precision);
  }
  write_residual(writer, subframe, signal.size(), residual);
}

Result<size_t> read_frame(FlacBitReader& reader, ByteSpan bytes, const FlacShape& shape, FlacFrame& frame,
                          FlacSignals& signals) {
  LMC_ASSIGN(frame.header, read_header(reader, bytes, shape));
  for (int c = 0; c < shape.channels; ++c) {
    FlacSignal& signal = signals[size_t(c)];
    signal.resize(frame.header.block);
    const int bits = flac_signal_bits(shape, frame.header.assignment, c);
    LMC_TRY(read_subframe(reader, bytes, bits, frame.subframes[size_t(c)], signal));
  }
  const size_t size = reader.position_bytes();
  if (reader.past_end() || size + 2 > bytes.size()) return cut_off(bytes);
  if (size_t(bytes[size] << 8 | bytes[size + 1]) != crc16_of(bytes.first(size)))
    return broken("a frame with a wrong checksum");
  return size + 2;
}

}  // namespace

uint8_t usual_block_code(uint32_t block) {
  for (uint8_t code = 1; code < 16; ++code)
    if (kBlocks[code] == block) return code;
  return block <= 256 ? kBlockInByte : kBlockInTwo;
}
bool block_code_fits(uint8_t code, uint32_t block) {
  return code == kBlockInByte  ? block >= 1 && block <= 256
         : code == kBlockInTwo ? block >= 1 && block <= kMostFlacBlock
                               : code > 0 && code < 16 && kBlocks[code] == block;
}

void set_usual_rate(FlacHeader& header, uint32_t rate) {
  header.rate_code = 0;
  header.rate_extra = 0;
  for (uint8_t code = 1; code < kRateInByte; ++code)
    if (kRates[code] == rate) header.rate_code = code;
  if (header.rate_code > 0 || rate == 0) return;
  if (rate % 1000 == 0 && rate <= 255000) {
    header.rate_code = kRateInByte;
    header.rate_extra = rate / 1000;
  } else if (rate % 10 == 0 && rate <= 655350) {
    header.rate_code = kTensInTwo;
    header.rate_extra = rate / 10;
  } else if (rate <= 65535) {
    header.rate_code = kRateInTwo;
    header.rate_extra = rate;
  }
}

uint8_t usual_size_code(int bits) {
  for (uint8_t code = 1; code < 8; ++code)
    if (kSizes[code] == bits) return code;
  return 0;
}

void split_flac_channels(const FlacShape& shape, int assignment, std::span<const int32_t> samples,
                         FlacSignals& signals) {
  const auto channels = size_t(shape.channels), frames = samples.size() / channels;
  for (size_t c = 0; c < channels; ++c) signals[c].resize(frames);
  if (assignment < kLeftSide) {
    for (size_t t = 0; t < frames; ++t)
      for (size_t c = 0; c < channels; ++c) signals[c][t] = samples[t * channels + c];
    return;
  }
  for (size_t t = 0; t < frames; ++t) {
    const int64_t left = samples[2 * t], right = samples[2 * t + 1];
    signals[0][t] = assignment == kLeftSide ? left : assignment == kSideRight ? left - right : (left + right) >> 1;
    signals[1][t] = assignment == kSideRight ? right : left - right;
  }
}

void join_flac_channels(const FlacShape& shape, int assignment, const FlacSignals& signals,
                        std::span<int32_t> samples) {
  const auto channels = size_t(shape.channels), frames = samples.size() / channels;
  if (assignment < kLeftSide) {
    for (size_t t = 0; t < frames; ++t)
      for (size_t c = 0; c < channels; ++c) samples[t * channels + c] = int32_t(signals[c][t]);
    return;
  }
  for (size_t t = 0; t < frames; ++t) {
    const int64_t first = signals[0][t], second = signals[1][t];
    const int64_t twice = first * 2 | (second & 1);  // left and right, of mid and side
    samples[2 * t] = int32_t(assignment == kLeftSide    ? first
                             : assignment == kSideRight ? first + second
                                                        : (twice + second) >> 1);
    samples[2 * t + 1] = int32_t(assignment == kLeftSide    ? first - second
                                 : assignment == kSideRight ? second
                                                            : (twice - second) >> 1);
  }
}

void flac_residual(const FlacSubframe& subframe, const FlacSignal& signal, FlacSignal& residual) {
  residual.clear();
  if (subframe.kind < FlacKind::kFixed) return;
  for (size_t at = size_t(subframe.order); at < signal.size(); ++at)
    residual.push_back(signal[at] - predict(subframe, signal.data() + at));
}

Result<size_t> read_flac_frame(ByteSpan bytes, const FlacShape& shape, FlacFrame& frame, FlacSignals& signals) {
  FlacBitReader reader(bytes);
  const auto size = read_frame(reader, bytes, shape, frame, signals);
  // What is wrong may be so because there was no more.
  return !size.ok() && reader.past_end() ? cut_off(bytes) : size;
}

Status write_flac_frame(const FlacFrame& frame, const FlacShape& shape, const FlacSignals& signals,
                        const FlacSignals& residuals, size_t most_bytes, Bytes& out) {
  const size_t begin = out.size();
  write_header(frame.header, most_bytes, out);
  FlacBitWriter writer(out, most_bytes);
  for (size_t c = 0; c < size_t(shape.channels) && !writer.overflows(); ++c)
    write_subframe(writer, frame.subframes[c], flac_signal_bits(shape, frame.header.assignment, int(c)), signals[c],
                   residuals[c]);
  writer.fill_byte();
  writer.write(crc16_of(ByteSpan(out).subspan(std::min(begin, out.size()))), 16);
  if (writer.overflows()) return broken("frames that are longer than the file; the file is damaged");
  return Ok();
}

}  // namespace lmc
