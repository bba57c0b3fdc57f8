#include "lmc/media/deflate/deflate_predictor.h"

#include <algorithm>
#include <bit>

#include "lmc/media/deflate/common_length.h"

namespace lmc {

// How hard a level tries.
struct DeflatePredictor::Effort {
  uint32_t good_length;  // to beat a match this long, a quarter of the steps must do
  uint32_t lazy_length;  // lazy levels: a match this long is taken at once; eager: longer ones are not entered whole
  uint32_t nice_length;  // a match this long ends the search
  uint32_t chain_steps;
};

constexpr DeflatePredictor::Effort DeflatePredictor::kEfforts[9] = {
    {4, 4, 8, 4},      {4, 5, 16, 8},     {4, 6, 32, 32},       {4, 4, 16, 16},       {8, 16, 32, 32},
    {8, 16, 128, 128}, {8, 32, 128, 256}, {32, 128, 258, 1024}, {32, 258, 258, 4096},
};

namespace {

constexpr uint32_t kReserve = kMaxMatch + kMinMatch + 1;  // the window's last bytes are never matched
constexpr uint32_t kTooFar = 4096;                        // matches of 3 bytes from further away do not pay
constexpr uint32_t kShortForFiltered = 5;                 // matches up to this are not taken by kFiltered

}  // namespace

DeflatePredictor::DeflatePredictor(ByteSpan data, const DeflateSettings& settings, DeflateWorkspace& workspace)
    : data_(data),
      settings_(settings),
      effort_(kEfforts[settings.level - 1]),
      chains_(workspace.chains),
      links_(workspace.links) {
  const int hash_bits = settings.memory + 7;
  hash_shift_ = uint32_t(hash_bits + kMinMatch - 1) / kMinMatch;
  hash_mask_ = (1u << hash_bits) - 1;
  window_bytes_ = 1u << settings.window_bits;
  max_distance_ = window_bytes_ - kReserve;
  // Twice the window: the lazy levels enter positions ahead of where they search.
  const size_t ring = std::min(2 * size_t(window_bytes_), std::bit_ceil(data.size() + 1));
  ring_mask_ = uint32_t(ring - 1);
  if (!settings.searches()) return;
  if (chains_.size() <= hash_mask_) chains_.resize(size_t(hash_mask_) + 1);
  if (links_.size() < ring) links_.resize(ring);  // written before they are read
}

DeflatePredictor::~DeflatePredictor() {
  if (inserted_ > chains_.size() / 4) {
    std::fill(chains_.begin(), chains_.end(), DeflateWorkspace::Chain{});
    return;
  }
  for (uint32_t at = 0; at < inserted_ && at + kMinMatch <= data_.size(); ++at) chains_[hash_at(at)] = {};
}

uint32_t DeflatePredictor::hash_at(uint32_t at) const {
  return (uint32_t(data_[at]) << (2 * hash_shift_) ^ uint32_t(data_[at + 1]) << hash_shift_ ^ data_[at + 2]) &
         hash_mask_;
}

// The position before with the same hash, or 0.
inline uint32_t DeflatePredictor::before(uint32_t at) const {
  const uint32_t back = links_[at & ring_mask_].back;
  return back == 0 ? 0 : at - back;
}

// Enters all positions below end into the chains, as far as three bytes are there.
void DeflatePredictor::insert_until(uint32_t end) {
  if (data_.size() < kMinMatch) return;
  end = std::min(end, uint32_t(data_.size() - kMinMatch + 1));
  for (; inserted_ < end; ++inserted_) {
    DeflateWorkspace::Chain& chain = chains_[hash_at(inserted_)];
    const uint32_t back = chain.last == 0 ? 0 : inserted_ - chain.last;
    links_[inserted_ & ring_mask_] = {uint16_t(back <= kMaxDistance ? back : 0), chain.members++};
    chain.last = inserted_;
    ++chain.recent;
    if (inserted_ >= window_bytes_) --chains_[hash_at(inserted_ - window_bytes_)].recent;
  }
}

// The match zlib finds at a position if only a longer one than length_to_beat counts; length 1 if there is none.
Token DeflatePredictor::find(uint32_t at, uint32_t length_to_beat) {
  const uint32_t remaining = uint32_t(data_.size()) - at;
  if (remaining < kMinMatch) return {};
  insert_until(at + 1);
  uint32_t from = before(at);
  if (from == 0 || at - from > max_distance_) return {};
  const uint32_t oldest =
      at > max_distance_ ? at - max_distance_ : 0;  // followers must lie above, the first may lie here
  const uint32_t longest = std::min<uint32_t>(remaining, kMaxMatch);
  const uint32_t nice = std::min(effort_.nice_length, remaining);
  uint32_t steps = length_to_beat >= effort_.good_length ? effort_.chain_steps >> 2 : effort_.chain_steps;
  uint32_t best = length_to_beat;
  Token found;
  const uint8_t* const here = data_.data() + at;
  do {
    const uint8_t* const there = data_.data() + from;
    if (best < longest && there[best] == here[best] && there[best - 1] == here[best - 1]) {
      const uint32_t length = common_length(here, there, 0, longest);
      if (length > best) {
        best = length;
        found = {uint16_t(length), uint16_t(at - from)};
        if (length >= nice) break;
      }
    }
    from = before(from);
  } while (from > oldest && --steps != 0);
  return found;
}

// The offset whose three bytes are the rarest, among those from begin to end and one chosen before.
uint32_t DeflatePredictor::rarest_offset(uint32_t at, uint32_t begin, uint32_t end, uint32_t offset) const {
  uint32_t least = chains_[hash_at(at + offset)].recent;
  for (uint32_t i = begin; i < end; ++i) {
    const uint32_t recent = chains_[hash_at(at + i)].recent;
    if (recent < least) {
      least = recent;
      offset = i;
    }
  }
  return offset;
}

// What find returns, sooner, if all positions are in the chains. A match longer than the best so far repeats all three
// bytes within it, so that it is enough to follow the rarest of them; ordinals tell how many steps find would take.
Token DeflatePredictor::find_in_full_chains(uint32_t at, uint32_t length_to_beat) {
  const uint32_t remaining = uint32_t(data_.size()) - at;
  const uint32_t longest = std::min<uint32_t>(remaining, kMaxMatch);
  // Nothing shorter would be taken in the end, so that there is no need to find it.
  const bool filtered = settings_.strategy == DeflateStrategy::kFiltered;
  uint32_t best = filtered ? std::max(length_to_beat, kShortForFiltered) : length_to_beat;
  if (longest < kMinMatch || best >= longest) return {};
  insert_until(at + longest - 1);
  const uint32_t nice = std::min(effort_.nice_length, remaining);
  const uint32_t steps = length_to_beat >= effort_.good_length ? effort_.chain_steps >> 2 : effort_.chain_steps;
  const uint32_t lowest = at > max_distance_ ? at - max_distance_ : 1;
  const uint16_t ordinal = links_[at & ring_mask_].ordinal;
  const uint8_t* const here = data_.data() + at;
  Token found;
  uint32_t offset = rarest_offset(at, 1, best - 1, 0);
  uint32_t from = before(at + offset);
  while (from >= lowest + offset) {
    const uint32_t candidate = from - offset;
    const uint8_t* const there = data_.data() + candidate;
    from = before(from);
    if (there[best] != here[best] || there[best - 1] != here[best - 1]) continue;
    const uint32_t length = common_length(here, there, 0, longest);
    if (length <= best) continue;
    const uint32_t step = uint16_t(ordinal - links_[candidate & ring_mask_].ordinal);
    if (step > steps || (step > 1 && at - candidate == max_distance_)) break;
    found = {uint16_t(length), uint16_t(at - candidate)};
    if (length >= nice) break;
    const uint32_t rarer = rarest_offset(at, best - 1, length - 1, offset);
    best = length;
    if (rarer == offset) continue;
    offset = rarer;
    // The candidate has those bytes too, but for the last three of which it lacks one.
    const bool shared = offset + kMinMatch <= length;
    from = before((shared ? candidate : at) + offset);
    while (!shared && from > candidate + offset) from = before(from);
  }
  return found;
}

Token DeflatePredictor::predict_eager() { return find(position_, kMinMatch - 1); }

// A match is taken only if the next position has no longer one.
Token DeflatePredictor::predict_lazy() {
  const auto worthwhile = [&](Token token) {
    if (token.length == kMinMatch && token.distance > kTooFar) return Token{};
    if (settings_.strategy == DeflateStrategy::kFiltered && token.length <= kShortForFiltered) return Token{};
    return token;
  };
  const Token here = has_candidate_ ? candidate_ : worthwhile(find_in_full_chains(position_, kMinMatch - 1));
  candidate_ = here;
  has_candidate_ = true;
  has_next_candidate_ = false;
  if (!here.is_match() || here.length >= effort_.lazy_length || position_ + 1 == data_.size()) return here;
  next_candidate_ = worthwhile(find_in_full_chains(position_ + 1, here.length));
  if (!next_candidate_.is_match()) return here;
  has_next_candidate_ = true;
  return {};
}

Token DeflatePredictor::predict_run() const {
  const uint32_t longest = std::min<uint32_t>(uint32_t(data_.size()) - position_, kMaxMatch);
  if (position_ == 0 || longest < kMinMatch) return {};
  const uint32_t length = common_length(data_.data() + position_, data_.data() + position_ - 1, 0, longest);
  return length < kMinMatch ? Token{} : Token{uint16_t(length), 1};
}

Token DeflatePredictor::predict() {
  if (settings_.strategy == DeflateStrategy::kHuffmanOnly) return {};
  if (settings_.strategy == DeflateStrategy::kRunLengths) return predict_run();
  return settings_.is_lazy() ? predict_lazy() : predict_eager();
}

void DeflatePredictor::commit(Token token) {
  const uint32_t end = position_ + token.length;
  if (settings_.searches()) {
    if (settings_.is_lazy() || token.length <= effort_.lazy_length) {
      insert_until(end);
    } else {
      insert_until(position_ + 1);
      inserted_ = std::max(inserted_, end);
    }
  }
  has_candidate_ = token.length == 1 && has_next_candidate_;
  candidate_ = next_candidate_;
  has_next_candidate_ = false;
  position_ = end;
}

}  // namespace lmc
