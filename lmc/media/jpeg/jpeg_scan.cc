#include "lmc/media/jpeg/jpeg_scan.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <string>

namespace lmc {
namespace {

constexpr uint32_t kLongestRun = 0x7fff;  // of empty blocks, in one symbol

// T.81, F.1.2.1: n bits for a value of n bits; negative ones are less by one.
uint32_t value_bits(int value, unsigned n) { return uint32_t(value < 0 ? value - 1 : value) & ((1u << n) - 1); }
int extend(uint32_t bits, unsigned n) {
  return n == 0 ? 0 : bits >> (n - 1) ? int(bits) : int(bits) - int((1u << n) - 1);
}
unsigned length_of(int value) { return unsigned(std::bit_width(uint32_t(std::abs(value)))); }

// The blocks of a scan in their order. block(part, component, index) and restart(count) return false to stop.
template <typename Block, typename Restart>
bool for_each_block(const JpegState& state, const JpegScan& scan, Block block, Restart restart) {
  const JpegFrame& frame = state.frame;
  const bool alone = scan.parts.size() == 1;
  const JpegComponent& only = frame.components[scan.parts[0].component];
  const uint32_t across = alone ? only.scan_across : frame.mcus_across;
  const uint32_t down = alone ? only.scan_down : frame.mcus_down;
  uint32_t mcu = 0, restarts = 0;
  for (uint32_t y = 0; y < down; ++y)
    for (uint32_t x = 0; x < across; ++x, ++mcu) {
      if (state.restart_interval != 0 && mcu == state.restart_interval) {
        mcu = 0;
        if (!restart(restarts++)) return false;
      }
      if (alone) {
        if (!block(0, scan.parts[0].component, size_t(y) * only.blocks_across + x)) return false;
        continue;
      }
      for (size_t p = 0; p < scan.parts.size(); ++p) {
        const JpegComponent& c = frame.components[scan.parts[p].component];
        for (uint32_t v = 0; v < c.down; ++v)
          for (uint32_t u = 0; u < c.across; ++u) {
            const size_t index = size_t(y * c.down + v) * c.blocks_across + x * c.across + u;
            if (!block(p, scan.parts[p].component, index)) return false;
          }
      }
    }
  return true;
}

// ---- reading ----

class ScanReader {
 public:
  ScanReader(ByteSpan file, size_t position, const JpegState& state, const JpegScan& scan,
             JpegCoefficients& coefficients, ScanChoices& choices)
      : file_(file), in_(file, position), state_(state), scan_(scan), coefficients_(coefficients), choices_(choices) {}

  Result<size_t> read();

 private:
  bool block(size_t part, int16_t* c);
  bool read_dc(size_t part, int16_t* c);
  bool read_ac(const HuffmanTable& table, int16_t* c);
  bool refine_ac(const HuffmanTable& table, int16_t* c);
  void begin_run(unsigned length_bits, bool is_first);
  void end_block_in_run();
  bool take_padding();

  ByteSpan file_;
  SegmentReader in_;
  const JpegState& state_;
  const JpegScan& scan_;
  JpegCoefficients& coefficients_;
  ScanChoices& choices_;
  int previous_dc_[4] = {};  // per part
  uint32_t run_ = 0;         // empty blocks still to come
  uint32_t run_length_ = 0;  // of that run
  uint32_t open_run_ = 0;    // length of a run that ended with the block before, 0: none
  uint32_t block_ = 0;       // blocks read
};

// A value of n bits at this scan's precision, if 16 bits hold it.
bool store(int value, unsigned low, int16_t& out) {
  const int scaled = value * (1 << low);
  if (scaled < -32767 || scaled > 32767) return false;
  out = int16_t(scaled);
  return true;
}

bool ScanReader::read_dc(size_t part, int16_t* c) {
  if (scan_.high != 0) {
    if (in_.bits(1)) c[0] = int16_t(c[0] | (1 << scan_.low));
    return true;
  }
  const int length = in_.symbol(state_.dc_tables[scan_.parts[part].dc_table]);
  if (length < 0 || length > 15) return false;
  previous_dc_[part] += extend(in_.bits(unsigned(length)), unsigned(length));
  if (std::abs(previous_dc_[part]) > 32767) return false;
  return store(previous_dc_[part], scan_.low, c[0]);
}

// A run of empty blocks begins with this one; is_first: nothing of this block came before it.
void ScanReader::begin_run(unsigned length_bits, bool is_first) {
  run_ = run_length_ = (1u << length_bits) + in_.bits(length_bits);
  if (is_first && open_run_ != 0 && open_run_ < kLongestRun) choices_.early_ends.push_back(block_);
}

void ScanReader::end_block_in_run() {
  --run_;
  open_run_ = run_ == 0 ? run_length_ : 0;
}

bool ScanReader::read_ac(const HuffmanTable& table, int16_t* c) {
  const bool progressive = state_.frame.progressive;
  if (run_ > 0) {
    end_block_in_run();
    return true;
  }
  const unsigned first = std::max<unsigned>(scan_.first, 1);
  for (unsigned k = first; k <= scan_.last; ++k) {
    const int symbol = in_.symbol(table);
    if (symbol < 0) return false;
    const auto zeros = unsigned(symbol) >> 4, length = unsigned(symbol) & 15;
    if (length == 0 && zeros < 15) {
      if (!progressive) return zeros == 0;
      begin_run(zeros, k == first);
      end_block_in_run();
      return true;
    }
    k += zeros;
    if (length == 0) continue;
    if (k > scan_.last || !store(extend(in_.bits(length), length), scan_.low, c[kZigzag[k]])) return false;
  }
  open_run_ = 0;
  return true;
}

bool ScanReader::refine_ac(const HuffmanTable& table, int16_t* c) {
  const int unit = 1 << scan_.low;
  const auto correct = [&](int16_t& value) {
    if (in_.bits(1)) value = int16_t(value + (value > 0 ? unit : -unit));
  };
  unsigned k = scan_.first;
  while (run_ == 0 && k <= scan_.last) {
    const int symbol = in_.symbol(table);
    if (symbol < 0) return false;
    unsigned zeros = unsigned(symbol) >> 4;
    const unsigned length = unsigned(symbol) & 15;
    if (length > 1) return false;
    if (length == 0 && zeros < 15) {
      begin_run(zeros, k == scan_.first);
      break;
    }
    const bool negative = length == 1 && in_.bits(1) == 0;
    for (; k <= scan_.last; ++k) {
      int16_t& value = c[kZigzag[k]];
      if (value != 0) {
        correct(value);
      } else if (zeros-- == 0) {
        break;
      }
    }
    if (length == 1) {
      if (k > scan_.last) return false;
      c[kZigzag[k]] = int16_t(negative ? -unit : unit);
    }
    ++k;
  }
  if (run_ == 0) {
    open_run_ = 0;
    return true;
  }
  for (; k <= scan_.last; ++k)
    if (int16_t& value = c[kZigzag[k]]; value != 0) correct(value);
  end_block_in_run();
  return true;
}

bool ScanReader::block(size_t part, int16_t* c) {
  if (scan_.first == 0 && !read_dc(part, c)) return false;
  if (scan_.last > 0) {
    const HuffmanTable& table = state_.ac_tables[scan_.parts[part].ac_table];
    if (!(scan_.high == 0 ? read_ac(table, c) : refine_ac(table, c))) return false;
  }
  ++block_;
  return !in_.ran_out();
}

bool ScanReader::take_padding() {
  uint32_t value = 0;
  unsigned count = 0;
  if (run_ != 0 || !in_.take_padding(value, count)) return false;
  while (count > 0) choices_.padding.push_back(value >> --count & 1);
  return true;
}

Result<size_t> ScanReader::read() {
  const auto on_restart = [&](uint32_t count) {
    if (!take_padding()) return false;
    const size_t at = in_.position();
    if (at + 2 > file_.size() || file_[at] != 0xff || file_[at + 1] != 0xd0 + (count & 7)) return false;
    in_.skip_marker();
    std::fill(std::begin(previous_dc_), std::end(previous_dc_), 0);
    open_run_ = 0;
    return true;
  };
  const auto on_block = [&](size_t part, size_t component, size_t index) {
    return block(part, coefficients_[component].data() + index * 64);
  };
  const size_t before = choices_.early_ends.size();
  if (!for_each_block(state_, scan_, on_block, on_restart) || !take_padding())
    return bad_input("jpeg: entropy-coded data that is damaged, cut off or not understood, in block " +
                         std::to_string(block_) + " of a scan",
                     in_.position());
  choices_.early_ends_per_scan.push_back(uint32_t(choices_.early_ends.size() - before));
  return in_.position();
}

// ---- writing, mirrored ----

// Sink: SegmentWriter or SymbolCounter.
template <typename Sink>
class ScanWriter {
 public:
  ScanWriter(const JpegState& state, const JpegScan& scan, const JpegCoefficients& coefficients,
             const ScanChoices& choices, ScanPlace& place, Sink sink)
      : out_(sink), state_(state), scan_(scan), coefficients_(coefficients), choices_(choices), place_(place) {}

  Status write();

 private:
  bool block(size_t part, const int16_t* c);
  void write_dc(size_t part, const int16_t* c);
  void write_ac(const HuffmanTable& table, const int16_t* c);
  void refine_ac(const HuffmanTable& table, const int16_t* c);
  void end_run();
  void corrections(std::vector<uint8_t>& bits);
  bool write_padding();

  Sink out_;
  const JpegState& state_;
  const JpegScan& scan_;
  const JpegCoefficients& coefficients_;
  const ScanChoices& choices_;
  ScanPlace& place_;
  const HuffmanTable* ac_table_ = nullptr;  // of the run
  int previous_dc_[4] = {};
  uint32_t run_ = 0;                 // empty blocks not written yet
  std::vector<uint8_t> run_bits_;    // and their correction bits
  std::vector<uint8_t> block_bits_;  // of the block at hand
  uint32_t block_ = 0;
  size_t early_ends_left_ = 0;
};

template <typename Sink>
void ScanWriter<Sink>::corrections(std::vector<uint8_t>& bits) {
  for (uint8_t bit : bits) out_.bits(bit, 1);
  bits.clear();
}

template <typename Sink>
void ScanWriter<Sink>::end_run() {
  if (run_ == 0) return;
  const unsigned length = unsigned(std::bit_width(run_)) - 1;
  out_.symbol(*ac_table_, length << 4);
  out_.bits(run_, length);
  run_ = 0;
  corrections(run_bits_);
}

template <typename Sink>
void ScanWriter<Sink>::write_dc(size_t part, const int16_t* c) {
  const int value = c[0] >> scan_.low;
  if (scan_.high != 0) {
    out_.bits(uint32_t(value) & 1, 1);
    return;
  }
  const int difference = value - previous_dc_[part];
  previous_dc_[part] = value;
  const unsigned length = length_of(difference);
  if (length > 15) return out_.fail();
  out_.symbol(state_.dc_tables[scan_.parts[part].dc_table], length);
  out_.bits(value_bits(difference, length), length);
}

template <typename Sink>
void ScanWriter<Sink>::write_ac(const HuffmanTable& table, const int16_t* c) {
  unsigned zeros = 0;
  for (unsigned k = std::max<unsigned>(scan_.first, 1); k <= scan_.last; ++k) {
    const int whole = c[kZigzag[k]];
    const int value = whole < 0 ? -(-whole >> scan_.low) : whole >> scan_.low;
    if (value == 0) {
      ++zeros;
      continue;
    }
    end_run();
    for (; zeros > 15; zeros -= 16) out_.symbol(table, 0xf0);
    const unsigned length = length_of(value);
    out_.symbol(table, zeros << 4 | (length & 15));
    out_.bits(value_bits(value, length), length);
    zeros = 0;
  }
  if (zeros == 0) return;
  if (!state_.frame.progressive) {
    out_.symbol(table, 0);
  } else if (++run_ == kLongestRun) {
    end_run();
  }
}

template <typename Sink>
void ScanWriter<Sink>::refine_ac(const HuffmanTable& table, const int16_t* c) {
  const auto magnitude = [&](unsigned k) { return unsigned(std::abs(int(c[kZigzag[k]]))) >> scan_.low; };
  unsigned last_new = 0;
  for (unsigned k = scan_.first; k <= scan_.last; ++k)
    if (magnitude(k) == 1) last_new = k;
  unsigned zeros = 0;
  for (unsigned k = scan_.first; k <= scan_.last; ++k) {
    const unsigned value = magnitude(k);
    if (value == 0) {
      ++zeros;
      continue;
    }
    for (; zeros > 15 && k <= last_new; zeros -= 16) {
      end_run();
      out_.symbol(table, 0xf0);
      corrections(block_bits_);
    }
    if (value > 1) {
      block_bits_.push_back(value & 1);
      continue;
    }
    end_run();
    out_.symbol(table, zeros << 4 | 1);
    out_.bits(c[kZigzag[k]] > 0, 1);
    corrections(block_bits_);
    zeros = 0;
  }
  if (zeros == 0 && block_bits_.empty()) return;
  run_bits_.insert(run_bits_.end(), block_bits_.begin(), block_bits_.end());
  block_bits_.clear();
  if (++run_ == kLongestRun) end_run();
}

template <typename Sink>
bool ScanWriter<Sink>::block(size_t part, const int16_t* c) {
  if (early_ends_left_ > 0 && choices_.early_ends[place_.early_end] == block_) {
    end_run();
    ++place_.early_end;
    --early_ends_left_;
  }
  if (scan_.first == 0) write_dc(part, c);
  if (scan_.last > 0) {
    ac_table_ = &state_.ac_tables[scan_.parts[part].ac_table];
    if (scan_.high == 0) {
      write_ac(*ac_table_, c);
    } else {
      refine_ac(*ac_table_, c);
    }
  }
  ++block_;
  return !out_.failed();
}

template <typename Sink>
bool ScanWriter<Sink>::write_padding() {
  end_run();
  const unsigned count = out_.padding_bits();
  for (unsigned i = 0; i < count; ++i)
    out_.bits(place_.padding < choices_.padding.size() ? choices_.padding[place_.padding++] : 1, 1);
  return !out_.failed();
}

template <typename Sink>
Status ScanWriter<Sink>::write() {
  for (const JpegScan::Part& part : scan_.parts) {
    const JpegComponent& c = state_.frame.components[part.component];
    if (part.component >= coefficients_.size() ||
        coefficients_[part.component].size() != size_t(c.blocks_across) * c.blocks_down * 64)
      return bad_input("jpeg: headers that do not belong to these coefficients");
  }
  if (place_.scan < choices_.early_ends_per_scan.size()) {
    early_ends_left_ = choices_.early_ends_per_scan[place_.scan];
    if (early_ends_left_ > choices_.early_ends.size() - place_.early_end)
      return bad_input("jpeg: more early ends of runs than there are");
  }
  ++place_.scan;
  const auto on_restart = [&](uint32_t count) {
    if (!write_padding()) return false;
    out_.marker(uint8_t(0xd0 + (count & 7)));
    std::fill(std::begin(previous_dc_), std::end(previous_dc_), 0);
    return true;
  };
  const auto on_block = [&](size_t part, size_t component, size_t index) {
    return block(part, coefficients_[component].data() + index * 64);
  };
  if (!for_each_block(state_, scan_, on_block, on_restart) || !write_padding())
    return bad_input("jpeg: coefficients that the tables have no code for, or more bytes than there may be");
  if (early_ends_left_ > 0) return bad_input("jpeg: early ends of runs behind the last block of a scan");
  return Ok();
}

}  // namespace

Result<size_t> read_scan(ByteSpan file, size_t position, const JpegState& state, const JpegScan& scan,
                         JpegCoefficients& coefficients, ScanChoices& choices) {
  return ScanReader(file, position, state, scan, coefficients, choices).read();
}

Status write_scan(const JpegState& state, const JpegScan& scan, const JpegCoefficients& coefficients,
                  const ScanChoices& choices, ScanPlace& place, Bytes& out, size_t max_bytes) {
  return ScanWriter(state, scan, coefficients, choices, place, SegmentWriter(out, max_bytes)).write();
}

Status count_scan(const JpegState& state, const JpegScan& scan, const JpegCoefficients& coefficients,
                  const ScanChoices& choices, ScanPlace& place, SymbolCounts& counts) {
  return ScanWriter(state, scan, coefficients, choices, place, SymbolCounter(counts)).write();
}

}  // namespace lmc
