#include "lmc/media/image/png/png_rows.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>

#include "lmc/coding/gap_list.h"

namespace lmc {
namespace {

constexpr uint8_t kFilters = 5;  // none, sub, up, average, Paeth

// A regular part of the picture that is written as a picture of its own: all of it, or one of Adam7's seven.
struct Pass {
  uint32_t x = 0, y = 0, step_x = 1, step_y = 1, width = 0, height = 0;
};

std::vector<Pass> passes_of(const Picture& shape, bool interlaced) {
  if (!interlaced) return {{.width = shape.width, .height = shape.height}};
  static constexpr Pass kAdam7[] = {{0, 0, 8, 8, 0, 0}, {4, 0, 8, 8, 0, 0}, {0, 4, 4, 8, 0, 0}, {2, 0, 4, 4, 0, 0},
                                    {0, 2, 2, 4, 0, 0}, {1, 0, 2, 2, 0, 0}, {0, 1, 1, 2, 0, 0}};
  std::vector<Pass> passes;
  for (Pass pass : kAdam7) {
    if (pass.x >= shape.width || pass.y >= shape.height) continue;
    pass.width = (shape.width - pass.x + pass.step_x - 1) / pass.step_x;
    pass.height = (shape.height - pass.y + pass.step_y - 1) / pass.step_y;
    passes.push_back(pass);
  }
  return passes;
}

size_t packed_bytes(const Picture& shape, const Pass& pass) {
  return size_t((uint64_t(pass.width) * uint64_t(shape.channels * shape.bits) + 7) / 8);
}

// Bytes from a sample to the one it is predicted from.
size_t filter_distance(const Picture& shape) { return size_t(std::max(1, shape.channels * shape.bits / 8)); }

int unused_bits(const Picture& shape, const Pass& pass) {
  return int(8 * packed_bytes(shape, pass) - uint64_t(pass.width) * uint64_t(shape.channels * shape.bits));
}

uint8_t* pixel_at(Picture& picture, const Pass& pass, uint32_t row) {
  const size_t pixel = size_t(picture.channels) * picture.sample_bytes();
  return picture.samples.data() + (size_t(pass.y + row * pass.step_y) * picture.width + pass.x) * pixel;
}

// Pixels of whole bytes, so many bytes apart; the bytes of 16-bit samples change places.
struct Pixels {
  size_t bytes;  // of a pixel
  uint32_t count;
  bool swaps;
};
void copy_pixels(const Pixels& pixels, const uint8_t* from, size_t from_step, uint8_t* to, size_t to_step) {
  if (!pixels.swaps && from_step == to_step) {
    std::copy_n(from, pixels.count * pixels.bytes, to);
    return;
  }
  for (uint32_t i = 0; i < pixels.count; ++i, from += from_step, to += to_step) {
    if (pixels.swaps)
      for (size_t k = 0; k < pixels.bytes; ++k) to[k] = from[k ^ 1];
    else
      std::copy_n(from, pixels.bytes, to);
  }
}

// From a row as it lies in the file, unfiltered, to samples.
void store_row(const Pass& pass, uint32_t row, const uint8_t* packed, Picture& picture) {
  uint8_t* to = pixel_at(picture, pass, row);
  const size_t pixel = size_t(picture.channels) * picture.sample_bytes(), step = pass.step_x * pixel;
  const auto bits = uint32_t(picture.bits), mask = (1u << bits) - 1;
  if (bits >= 8) return copy_pixels({pixel, pass.width, bits == 16}, packed, pixel, to, step);
  for (uint32_t i = 0; i < pass.width; ++i, to += step) {
    const uint32_t begin = i * bits % 8;
    *to = uint8_t(packed[size_t(i) * bits / 8] >> (8 - bits - begin) & mask);
  }
}

void load_row(const Picture& picture, const Pass& pass, uint32_t row, uint8_t* packed) {
  const uint8_t* from = pixel_at(const_cast<Picture&>(picture), pass, row);
  const size_t pixel = size_t(picture.channels) * picture.sample_bytes(), step = pass.step_x * pixel;
  const auto bits = uint32_t(picture.bits), mask = (1u << bits) - 1;
  if (bits >= 8) return copy_pixels({pixel, pass.width, bits == 16}, from, step, packed, pixel);
  std::fill_n(packed, packed_bytes(picture, pass), uint8_t(0));
  for (uint32_t i = 0; i < pass.width; ++i, from += step)
    packed[size_t(i) * bits / 8] |= uint8_t((*from & mask) << (8 - bits - i * bits % 8));
}

uint8_t paeth(uint8_t left, uint8_t up, uint8_t corner) {
  const int to_left = std::abs(up - corner), to_up = std::abs(left - corner),
            to_corner = std::abs(left + up - 2 * corner);
  const uint8_t nearer = to_up <= to_corner ? up : corner;
  return to_left <= to_up && to_left <= to_corner ? left : nearer;
}

// One row with the row above. Both start distance bytes after zeros, so that what lies left of the first sample is 0.
struct RowPair {
  const uint8_t* here;
  const uint8_t* above;
  size_t size, distance;
};

template <uint8_t filter>
uint8_t prediction(const uint8_t* here, const uint8_t* above, size_t i, size_t distance) {
  const ptrdiff_t left = ptrdiff_t(i) - ptrdiff_t(distance);
  if constexpr (filter == 1) return here[left];
  if constexpr (filter == 2) return above[i];
  if constexpr (filter == 3) return uint8_t((here[left] + above[i]) >> 1);
  if constexpr (filter == 4) return paeth(here[left], above[i], above[left]);
  (void)left;
  return 0;
}

template <uint8_t filter>
void apply_filter(const RowPair& rows, uint8_t* out) {
  for (size_t i = 0; i < rows.size; ++i)
    out[i] = uint8_t(rows.here[i] - prediction<filter>(rows.here, rows.above, i, rows.distance));
}

template <uint8_t filter>
void undo_filter(uint8_t* here, const uint8_t* above, size_t size, size_t distance) {
  for (size_t i = 0; i < size; ++i) here[i] = uint8_t(here[i] + prediction<filter>(here, above, i, distance));
}

// The sum of absolute values of a filtered row, as signed bytes; -128 counts 128.
template <uint8_t filter>
uint64_t filtered_sum(const RowPair& rows) {
  uint64_t sum = 0;
  for (size_t i = 0; i < rows.size; ++i)
    sum += uint32_t(std::abs(int8_t(rows.here[i] - prediction<filter>(rows.here, rows.above, i, rows.distance))));
  return sum;
}

using FilterSums = std::array<uint64_t, kFilters>;

FilterSums filtered_sums(const RowPair& rows) {
  return {filtered_sum<0>(rows), filtered_sum<1>(rows), filtered_sum<2>(rows), filtered_sum<3>(rows),
          filtered_sum<4>(rows)};
}

void apply_filter(uint8_t filter, const RowPair& rows, uint8_t* out) {
  static constexpr std::array kApply = {apply_filter<0>, apply_filter<1>, apply_filter<2>, apply_filter<3>,
                                        apply_filter<4>};
  kApply[filter](rows, out);
}

void undo_filter(uint8_t filter, uint8_t* here, const uint8_t* above, size_t size, size_t distance) {
  static constexpr std::array kUndo = {undo_filter<0>, undo_filter<1>, undo_filter<2>, undo_filter<3>, undo_filter<4>};
  kUndo[filter](here, above, size, distance);
}

// How an encoder chooses filters: 0 to 4, always this one; 5 and on, the first of a list with the least sum.
// The numbers are part of the format.
constexpr uint8_t kAllGiven = 255;  // no rule: a byte for each row
constexpr std::string_view kTrials[] = {
    {"\0\1\2\3\4", 5},  // libpng and many others
    {"\0\2\1\4", 4},    // Pillow
    {"\0\2\1\3\4", 5},  // Pillow with optimize
    {"\0\1\2\4", 4},   {"\1\2\3\4", 4}, {"\4\3\2\1\0", 5},
};
constexpr uint8_t kRules = uint8_t(kFilters + std::size(kTrials));

uint8_t predict_filter(uint8_t rule, const FilterSums& sums) {
  if (rule < kFilters) return rule;
  const std::string_view trials = kTrials[rule - kFilters];
  uint8_t best = uint8_t(trials[0]);
  for (const char filter : trials)
    if (sums[size_t(filter)] < sums[best]) best = uint8_t(filter);
  return best;
}

// Two rows in turn, each after as many zeros as the widest pixel has bytes.
class RowBuffers {
 public:
  explicit RowBuffers(size_t size) : size_(kMargin + size), bytes_(2 * size_) {}
  uint8_t* here() { return bytes_.data() + (odd_ ? size_ : 0) + kMargin; }
  uint8_t* above() { return bytes_.data() + (odd_ ? 0 : size_) + kMargin; }
  void next() { odd_ = !odd_; }
  void start_pass() { std::fill(bytes_.begin(), bytes_.end(), uint8_t(0)); }

 private:
  static constexpr size_t kMargin = 8;
  size_t size_;
  Bytes bytes_;
  bool odd_ = false;
};

// Tries all rules at once and writes the filters by the best.
class FilterWriter {
 public:
  explicit FilterWriter(size_t rows) : most_bytes_(rows / 2 + 16) {}

  void add(uint8_t filter, const FilterSums& sums) {
    for (uint8_t rule = 0; rule < kRules; ++rule) {
      GapListWriter& list = lists_[rule];
      if (list.size_bytes() > most_bytes_) continue;
      if (predict_filter(rule, sums) == filter)
        list.right();
      else
        list.wrong().push_back(filter);
    }
    filters_.push_back(filter);
  }
  Bytes finish() const {
    uint8_t best = 0;
    for (uint8_t rule = 1; rule < kRules; ++rule)
      if (lists_[rule].size_bytes() < lists_[best].size_bytes()) best = rule;
    const bool none_good = lists_[best].size_bytes() >= std::min(most_bytes_, filters_.size());
    Bytes side = {none_good ? kAllGiven : best};
    if (none_good) {
      append_bytes(side, filters_);
    } else {
      lists_[best].append_to(side);
    }
    return side;
  }

 private:
  size_t most_bytes_;  // a rule that needs more is not followed up
  std::array<GapListWriter, kRules> lists_;
  Bytes filters_;
};

// Filters in the order of rows, from what FilterWriter wrote.
class FilterReader {
 public:
  static Result<FilterReader> create(ByteReader& side, size_t rows) {
    FilterReader reader;
    LMC_ASSIGN(const auto rule, side.read_le<uint8_t>("rule of PNG filters"));
    reader.rule_ = rule;
    if (rule != kAllGiven && rule >= kRules)
      return bad_input("reconstruction data of a PNG: filters by an unknown rule", side.position());
    if (rule == kAllGiven) {
      LMC_ASSIGN(const auto given, side.read_bytes(rows, "PNG filters"));
      reader.given_ = given;
      return reader;
    }
    LMC_ASSIGN(auto list, GapByteReader::create(side));
    reader.list_ = list;
    return reader;
  }
  bool is_done() const { return list_.is_done(); }
  bool needs_sums() const { return rule_ >= kFilters && rule_ != kAllGiven; }
  uint8_t next(const RowPair& rows) {
    if (rule_ == kAllGiven) return given_[next_row_++];
    if (const auto noted = list_.next()) return *noted;
    return predict_filter(rule_, needs_sums() ? filtered_sums(rows) : FilterSums{});
  }

 private:
  uint8_t rule_ = 0;
  ByteSpan given_;
  size_t next_row_ = 0;
  GapByteReader list_;
};

size_t count_rows(const std::vector<Pass>& passes) {
  size_t rows = 0;
  for (const Pass& pass : passes) rows += pass.height;
  return rows;
}

size_t widest_row(const Picture& shape, const std::vector<Pass>& passes) {
  size_t widest = 0;
  for (const Pass& pass : passes) widest = std::max(widest, packed_bytes(shape, pass));
  return widest;
}

}  // namespace

uint64_t png_data_bytes(const Picture& shape, bool interlaced) {
  uint64_t bytes = 0;
  for (const Pass& pass : passes_of(shape, interlaced))
    bytes += uint64_t(pass.height) * (1 + packed_bytes(shape, pass));
  return bytes;
}

uint32_t png_rows_begun(const Picture& shape, uint64_t data_bytes) {
  const uint64_t row_bytes = 1 + packed_bytes(shape, {.width = shape.width, .height = shape.height});
  return uint32_t(std::min<uint64_t>((data_bytes + row_bytes - 1) / row_bytes, shape.height));
}

size_t png_good_bytes(ByteSpan data, bool interlaced, const Picture& shape) {
  size_t at = 0;
  for (const Pass& pass : passes_of(shape, interlaced)) {
    const size_t row_bytes = 1 + packed_bytes(shape, pass);
    for (uint32_t row = 0; row < pass.height; ++row, at += row_bytes) {
      if (at >= data.size()) return data.size();
      if (data[at] >= kFilters) return at;
    }
  }
  return data.size();
}

Result<Bytes> unfilter_png(ByteSpan data, bool interlaced, Picture& picture) {
  const std::vector<Pass> passes = passes_of(picture, interlaced);
  picture.samples.resize(picture.size_bytes());
  RowBuffers buffers(widest_row(picture, passes));
  FilterWriter filters(count_rows(passes));
  GapListWriter unused;  // bits at the ends of rows
  const uint8_t* next = data.data();
  const size_t distance = filter_distance(picture);
  for (const Pass& pass : passes) {
    const size_t size = packed_bytes(picture, pass);
    const uint8_t unused_mask = uint8_t((1 << unused_bits(picture, pass)) - 1);
    buffers.start_pass();
    for (uint32_t row = 0; row < pass.height; ++row, next += size, buffers.next()) {
      const uint8_t filter = *next++;
      if (filter >= kFilters)
        return bad_input("PNG: row " + std::to_string(row) + " has the unknown filter " + std::to_string(filter));
      std::copy_n(next, size, buffers.here());
      undo_filter(filter, buffers.here(), buffers.above(), size, distance);
      if (const uint8_t bits = buffers.here()[size - 1] & unused_mask; bits != 0)
        unused.wrong().push_back(bits);
      else
        unused.right();
      filters.add(filter, filtered_sums({buffers.here(), buffers.above(), size, distance}));
      store_row(pass, row, buffers.here(), picture);
    }
  }
  Bytes side = filters.finish();
  if (picture.bits < 8) unused.append_to(side);
  return side;
}

Result<Bytes> filter_png(ByteReader& side, bool interlaced, const Picture& picture) {
  const std::vector<Pass> passes = passes_of(picture, interlaced);
  LMC_ASSIGN(auto filters, FilterReader::create(side, count_rows(passes)));
  GapByteReader unused;
  if (picture.bits < 8) {
    LMC_ASSIGN(auto list, GapByteReader::create(side));
    unused = list;
  }
  Bytes data(size_t(png_data_bytes(picture, interlaced)));
  uint8_t* next = data.data();
  RowBuffers buffers(widest_row(picture, passes));
  const size_t distance = filter_distance(picture);
  for (const Pass& pass : passes) {
    const size_t size = packed_bytes(picture, pass);
    const uint8_t unused_mask = uint8_t((1 << unused_bits(picture, pass)) - 1);
    buffers.start_pass();
    for (uint32_t row = 0; row < pass.height; ++row, next += size, buffers.next()) {
      load_row(picture, pass, row, buffers.here());
      if (const auto bits = unused.next()) {
        if ((*bits & ~unused_mask) != 0)
          return bad_input("reconstruction data of a PNG: bits at the end of a row that it does not have");
        buffers.here()[size - 1] |= *bits;
      }
      const RowPair rows{buffers.here(), buffers.above(), size, distance};
      const uint8_t filter = filters.next(rows);
      if (filter >= kFilters)
        return bad_input("reconstruction data of a PNG: an unknown filter " + std::to_string(filter));
      *next++ = filter;
      apply_filter(filter, rows, next);
    }
  }
  if (!filters.is_done() || !unused.is_done())
    return bad_input("reconstruction data of a PNG: corrections behind the last row", side.position());
  return data;
}

}  // namespace lmc
