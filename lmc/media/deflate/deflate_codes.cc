#include "lmc/media/deflate/deflate_codes.h"

#include <optional>

#include "lmc/coding/prefix_code.h"

namespace lmc {
namespace {

// Builds the code lengths of up to 286 symbols.
class PrefixCodeBuilder {
 public:
  // lengths gets one entry a symbol. Returns the last symbol with a word; there are always two words at least.
  size_t build(std::span<const uint32_t> counts, int max_bits, std::span<uint8_t> lengths) {
    symbols_ = counts.size();
    nodes_.assign(2 * symbols_, {});
    heap_.assign(1, 0);  // counted from 1
    removed_.clear();
    for (size_t i = 0; i < symbols_; ++i) {
      if (counts[i] != 0) add_leaf(i, counts[i]);
    }
    // Decoders of old failed at codes of less than two words: the first symbols are brought in.
    while (heap_.size() - 1 < 2) add_leaf(heap_.size() == 1 || last_ < 2 ? next_unused() : 0, 1);
    for (size_t i = (heap_.size() - 1) / 2; i >= 1; --i) sift_down(i);
    merge();
    measure(max_bits);
    for (size_t i = 0; i < symbols_; ++i) lengths[i] = nodes_[i].is_leaf ? nodes_[i].length : 0;
    return last_;
  }

 private:
  struct Node {
    uint64_t count = 0;
    uint32_t depth = 0, parent = 0;
    uint8_t length = 0;
    bool is_leaf = false;
  };

  size_t next_unused() const { return heap_.size() == 1 ? 0 : last_ + 1; }

  void add_leaf(size_t symbol, uint32_t count) {
    nodes_[symbol].count = count;
    nodes_[symbol].is_leaf = true;
    heap_.push_back(uint32_t(symbol));
    last_ = symbol > last_ || heap_.size() == 2 ? symbol : last_;
  }

  // The rarer first, then the shallower; equals count as before.
  bool before(uint32_t a, uint32_t b) const {
    const Node &x = nodes_[a], &y = nodes_[b];
    return x.count < y.count || (x.count == y.count && x.depth <= y.depth);
  }

  void sift_down(size_t hole) {
    const size_t size = heap_.size() - 1;
    const uint32_t moving = heap_[hole];
    for (size_t child = 2 * hole; child <= size; child = 2 * hole) {
      if (child < size && before(heap_[child + 1], heap_[child])) ++child;
      if (before(moving, heap_[child])) break;
      heap_[hole] = heap_[child];
      hole = child;
    }
    heap_[hole] = moving;
  }

  // Joins the two first of the heap until one is left. removed_ then has children before parents, the rarest first.
  void merge() {
    uint32_t next = uint32_t(symbols_);
    while (heap_.size() > 2) {
      const uint32_t first = heap_[1];
      heap_[1] = heap_.back();
      heap_.pop_back();
      sift_down(1);
      const uint32_t second = heap_[1];
      removed_.push_back(first);
      removed_.push_back(second);
      Node& parent = nodes_[next];
      parent.count = nodes_[first].count + nodes_[second].count;
      parent.depth = std::max(nodes_[first].depth, nodes_[second].depth) + 1;
      nodes_[first].parent = nodes_[second].parent = next;
      heap_[1] = next++;
      sift_down(1);
    }
    removed_.push_back(heap_[1]);
  }

  // Depths, cut off at max_bits; words too long are made room for by lengthening the longest that are shorter.
  void measure(int max_bits) {
    std::array<uint32_t, kMaxCodeBits + 1> words{};
    int overflow = 0;
    nodes_[removed_.back()].length = 0;
    for (size_t i = removed_.size() - 1; i-- > 0;) {
      Node& node = nodes_[removed_[i]];
      int length = nodes_[node.parent].length + 1;
      if (length > max_bits) {
        length = max_bits;
        ++overflow;
      }
      node.length = uint8_t(length);
      if (node.is_leaf) ++words[size_t(length)];
    }
    if (overflow == 0) return;
    for (; overflow > 0; overflow -= 2) {
      size_t length = size_t(max_bits) - 1;
      while (words[length] == 0) --length;
      --words[length];
      words[length + 1] += 2;
      --words[size_t(max_bits)];
    }
    size_t next = 0;
    for (size_t length = size_t(max_bits); length >= 1; --length) {
      for (uint32_t left = words[length]; left > 0;) {
        Node& node = nodes_[removed_[next++]];
        if (!node.is_leaf) continue;
        node.length = uint8_t(length);
        --left;
      }
    }
  }

  size_t symbols_ = 0, last_ = 0;
  std::vector<Node> nodes_;
  std::vector<uint32_t> heap_, removed_;
};

void pack_lengths(std::span<const uint8_t> lengths, std::vector<LengthStep>& steps) {
  int before = -1;
  for (size_t i = 0; i < lengths.size();) {
    const LengthStep step = predict_length_step(lengths.subspan(i), before);
    steps.push_back(step);
    i += step.times();
    before = lengths[i - 1];
  }
}

uint64_t body_bits(const SymbolCounts& counts, const CodeLengths& lengths) {
  uint64_t bits = 0;
  for (size_t i = 0; i < counts.literal.size(); ++i) {
    const int extra = i >= kFirstLength ? kLengthRanges[i - kFirstLength].extra_bits : 0;
    bits += counts.literal[i] * uint64_t(lengths.literal[i] + extra);
  }
  for (size_t i = 0; i < counts.distance.size(); ++i)
    bits += counts.distance[i] * uint64_t(lengths.distance[i] + kDistanceRanges[i].extra_bits);
  return bits;
}

DynamicHeader make_header(const SymbolCounts& counts) {
  DeflateHeader header;
  const auto literal = std::span(header.lengths.literal).first(kLiteralCodes);
  const auto distance = std::span(header.lengths.distance).first(kDistanceCodes);
  header.literal_codes = predict_code_lengths(counts.literal, kMaxCodeBits, literal) + 1;
  header.distance_codes = predict_code_lengths(counts.distance, kMaxCodeBits, distance) + 1;
  pack_lengths(literal.first(header.literal_codes), header.steps);
  pack_lengths(distance.first(header.distance_codes), header.steps);
  std::array<uint32_t, kCodeLengthCodes> step_counts{};
  for (const LengthStep& step : header.steps) ++step_counts[step.symbol];
  predict_code_lengths(step_counts, kMaxCodeLengthBits, header.step_lengths);
  header.length_codes = kCodeLengthCodes;
  while (header.length_codes > 4 && header.step_lengths[kCodeLengthOrder[header.length_codes - 1]] == 0)
    --header.length_codes;
  BitWriter bits;
  header.write(bits);
  DynamicHeader out{.lengths = header.lengths, .bits = {}, .size_bits = bits.size_bits()};
  out.bits = std::move(bits).finish();
  return out;
}

}  // namespace

size_t predict_code_lengths(std::span<const uint32_t> counts, int max_bits, std::span<uint8_t> lengths) {
  return PrefixCodeBuilder().build(counts, max_bits, lengths);
}

LengthStep predict_length_step(std::span<const uint8_t> lengths, int before) {
  const uint8_t length = lengths[0];
  const size_t most = length == 0 ? 138 : 6;
  size_t run = 1;
  while (run < most && run < lengths.size() && lengths[run] == length) ++run;
  if (run < 3 || (length != 0 && length != before)) return {length, 0, 0};
  if (length != 0) return {16, uint8_t(run - 3), 2};
  return run <= 10 ? LengthStep{17, uint8_t(run - 3), 3} : LengthStep{18, uint8_t(run - 11), 7};
}

PredictedBlock predict_block(SymbolCounts counts, size_t content_bytes, bool always_fixed) {
  counts.literal[kEndOfBlock] = 1;
  PredictedBlock block;
  block.header = make_header(counts);
  // Whole bytes, with the three bits of the kind; a stored block has four bytes of sizes.
  const uint64_t dynamic_bytes = (body_bits(counts, block.header.lengths) + block.header.size_bits + 3 + 7) / 8;
  const uint64_t fixed_bytes = (body_bits(counts, kFixedLengths) + 3 + 7) / 8;
  const bool fixed = fixed_bytes <= dynamic_bytes || always_fixed;
  block.kind = fixed ? BlockKind::kFixed : BlockKind::kDynamic;
  if (content_bytes + 4 <= (fixed ? fixed_bytes : dynamic_bytes) && content_bytes <= kMaxStoredBytes)
    block.kind = BlockKind::kStored;
  return block;
}

void DeflateHeader::write(BitWriter& bits) const {
  bits.write(uint32_t(literal_codes - 257), 5);
  bits.write(uint32_t(distance_codes - 1), 5);
  bits.write(uint32_t(length_codes - 4), 4);
  for (size_t i = 0; i < length_codes; ++i) bits.write(step_lengths[kCodeLengthOrder[i]], 3);
  CodeLengths code;
  std::copy(step_lengths.begin(), step_lengths.end(), code.literal.begin());
  const TokenWriter writer(code);
  for (const LengthStep& step : steps) {
    writer.write(bits, Token{}, step.symbol);
    bits.write(step.extra, step.extra_bits);
  }
}

Status write_stored_block(BitWriter& bits, ByteSpan content, uint8_t padding) {
  if (content.size() > kMaxStoredBytes)
    return bad_input("reconstruction data of a deflate stream: a stored block too long");
  const int filled = bits.bits_to_byte_end();
  bits.write(padding & ((1u << filled) - 1), filled);
  bits.write(uint32_t(content.size()), 16);
  bits.write(uint32_t(content.size()) ^ 0xffff, 16);
  bits.write_whole_bytes(content);
  return Ok();
}

TokenWriter::TokenWriter(const CodeLengths& lengths) {
  assign(lengths.literal, literal_);
  assign(lengths.distance, distance_);
}

void TokenWriter::assign(std::span<const uint8_t> lengths, std::span<Word> words) {
  for_each_prefix_word(lengths, count_prefix_lengths(lengths), [&](size_t symbol, uint32_t word, int length) {
    words[symbol] = {uint16_t(turned_round(word, length)), uint8_t(length)};
  });
}

void TokenWriter::write(BitWriter& bits, Token token, uint8_t byte) const {
  if (!token.is_match()) return put(bits, literal_[byte]);
  const size_t index = size_t(length_index(token.length));
  put(bits, literal_[kFirstLength + index]);
  bits.write(token.length - kLengthRanges[index].base, kLengthRanges[index].extra_bits);
  const size_t symbol = size_t(distance_symbol(token.distance));
  put(bits, distance_[symbol]);
  bits.write(token.distance - kDistanceRanges[symbol].base, kDistanceRanges[symbol].extra_bits);
}

}  // namespace lmc
