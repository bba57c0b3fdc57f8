#include "lmc/codecs/mixing.h"

#include <algorithm>

#include "lmc/coding/arithmetic_coder.h"
#include "lmc/coding/branch_filter.h"
#include "lmc/coding/coding_loop.h"
#include "lmc/mixing/deep_mixing.h"

namespace lmc {
namespace {

constexpr size_t kProgressBytes = 1 << 14;

const auto kUnwatched = [](size_t) {};

template <typename Coder, typename Mixing, typename Watch>
void code_with(Coder& coder, Mixing&& mixing, Bytes& bytes, const BlockResources& resources, const Watch& watch) {
  for (size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = code_byte(coder, mixing, bytes[i]);
    if (i % kProgressBytes == 0 && resources.progress) resources.progress(i);
    if (i % kWatchBytes == 0) watch(i);
  }
}

// watch(raw bytes) is called every kWatchBytes.
template <typename Coder, typename Watch>
void code_bytes(Coder& coder, MixingProfile profile, Bytes& bytes, const BlockResources& resources,
                const Watch& watch) {
  if (profile != MixingProfile::kFast)
    return code_with(coder, DeepMixing(bytes.size(), resources.isa), bytes, resources, watch);
  code_with(coder, MixingModel({.size_bytes = bytes.size()}, resources.isa), bytes, resources, watch);
}

BranchFilter filter_of(MixingProfile profile) {
  return profile == MixingProfile::kDeepX86     ? BranchFilter::kX86
         : profile == MixingProfile::kDeepArm64 ? BranchFilter::kArm64
                                                : BranchFilter::kNone;
}

}  // namespace

MixingProfile deep_profile(ByteSpan raw, const BlockResources& resources) {
  constexpr size_t kPieceBytes = 65536, kPageBytes = 4096;
  struct Candidate {
    MixingProfile profile;
    size_t bytes_a_branch;  // at most; in random bytes one of 86 would be an ARM64 branch
  };
  constexpr Candidate kCandidates[] = {{MixingProfile::kDeepX86, 300}, {MixingProfile::kDeepArm64, 70}};
  const size_t size = std::min(raw.size(), kPieceBytes);
  const ByteSpan piece = raw.subspan((raw.size() - size) / 2 / kPageBytes * kPageBytes, size);
  const BlockResources quiet = resources.quietly();
  MixingProfile best = MixingProfile::kDeep;
  size_t smallest = 0;
  for (const Candidate& c : kCandidates) {
    if (count_branches(filter_of(c.profile), piece) * c.bytes_a_branch < size) continue;
    if (smallest == 0) smallest = encode_mixing_block(piece, MixingProfile::kFast, quiet).size() * 99 / 100;
    Bytes filtered(piece.begin(), piece.end());
    apply_branch_filter(filter_of(c.profile), FilterDirection::kToAbsolute, filtered);
    const size_t with = encode_mixing_block(filtered, MixingProfile::kFast, quiet).size();
    if (with < smallest) smallest = with, best = c.profile;
  }
  return best;
}

Bytes encode_mixing_block(ByteSpan raw, MixingProfile profile, const BlockResources& resources,
                          std::vector<size_t>* costs) {
  Bytes payload{uint8_t(profile)};
  Bytes bytes(raw.begin(), raw.end());
  apply_branch_filter(filter_of(profile), FilterDirection::kToAbsolute, bytes);
  ArithmeticEncoder coder(payload);
  code_bytes(coder, profile, bytes, resources, [&](size_t) {
    if (costs != nullptr) costs->push_back(payload.size());
  });
  coder.finish();
  return payload;
}

Result<Bytes> decode_mixing_block(ByteSpan payload, size_t raw_size_bytes, const BlockResources& resources) {
  if (payload.empty() || payload[0] > uint8_t(MixingProfile::kDeepArm64))
    return bad_input("mixing block: unknown profile; the file was written by a newer lmc or is damaged", 0);
  const auto profile = MixingProfile(payload[0]);
  const uint64_t model_bytes = profile == MixingProfile::kFast
                                   ? MixingModel::memory_bytes({.size_bytes = raw_size_bytes})
                                   : DeepMixing::memory_bytes(raw_size_bytes);
  LMC_ASSIGN(const auto lease, Budget::take(resources.budget, model_bytes + raw_size_bytes,
                                            "context mixing of " + std::to_string(raw_size_bytes) + " bytes"));
  Bytes bytes(raw_size_bytes);
  ArithmeticDecoder coder(payload.subspan(1));
  code_bytes(coder, profile, bytes, resources, kUnwatched);
  apply_branch_filter(filter_of(profile), FilterDirection::kToRelative, bytes);
  return bytes;
}

Result<EncodedBlock> encode_mixing(ByteSpan raw, const LevelRow& level, const BlockResources& resources) {
  const MixingProfile profile = level.deep ? deep_profile(raw, resources) : MixingProfile::kFast;
  return EncodedBlock{kMixing, encode_mixing_block(raw, profile, resources)};
}

}  // namespace lmc
