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

uint64_t model_memory(size_t raw_bytes, MixingProfile profile) {
  return profile == MixingProfile::kFast ? MixingModel::memory_bytes({.size_bytes = raw_bytes})
                                         : DeepMixing::memory_bytes(raw_bytes);
}

std::string describe(size_t raw_bytes) { return "context mixing of " + std::to_string(raw_bytes) + " bytes"; }

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
    if (smallest == 0) {
      const auto plain = encode_mixing_block(piece, MixingProfile::kFast, quiet);
      if (!plain.ok()) return best;
      smallest = plain->size() * 99 / 100;
    }
    Bytes filtered(piece.begin(), piece.end());
    apply_branch_filter(filter_of(c.profile), FilterDirection::kToAbsolute, filtered);
    const auto with = encode_mixing_block(filtered, MixingProfile::kFast, quiet);
    if (with.ok() && with->size() < smallest) smallest = with->size(), best = c.profile;
  }
  return best;
}

uint64_t encode_mixing_memory(size_t raw_bytes, MixingProfile profile) {
  constexpr uint64_t kCopies = 3;  // the bytes, filtered, and what becomes of them while it grows
  return model_memory(raw_bytes, profile) + kCopies * raw_bytes;
}

Result<Bytes> encode_mixing_block(ByteSpan raw, MixingProfile profile, const BlockResources& resources,
                                  std::vector<size_t>* costs) {
  LMC_ASSIGN(const auto memory,
             Budget::take(resources.budget, encode_mixing_memory(raw.size(), profile), describe(raw.size())));
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
  LMC_ASSIGN(const auto memory, Budget::take(resources.budget, model_memory(raw_size_bytes, profile) + raw_size_bytes,
                                             describe(raw_size_bytes)));
  Bytes bytes(raw_size_bytes);
  ArithmeticDecoder coder(payload.subspan(1));
  code_bytes(coder, profile, bytes, resources, kUnwatched);
  apply_branch_filter(filter_of(profile), FilterDirection::kToRelative, bytes);
  return bytes;
}

Result<EncodedBlock> encode_mixing(ByteSpan raw, const LevelRow& level, const BlockResources& resources) {
  const MixingProfile profile = level.deep ? deep_profile(raw, resources) : MixingProfile::kFast;
  auto payload = encode_mixing_block(raw, profile, resources);
  if (!payload.ok() && profile != MixingProfile::kFast)  // takes less
    payload = encode_mixing_block(raw, MixingProfile::kFast, resources);
  if (!payload.ok()) return payload.error();
  return EncodedBlock{kMixing, std::move(*payload)};
}

}  // namespace lmc
