#include "lmc/coefficients/jpeg_coefficients.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "lmc/base/workers.h"
#include "lmc/coding/arithmetic_coder.h"

namespace lmc {
namespace {

constexpr uint32_t kMostBands = 8;
constexpr uint64_t kStreamMemory = uint64_t(16) << 20;  // at most, of what a stream learns

// Each band learns for itself, but gives another thread a part of the first component, which is most of the work: four
// from 2^16 blocks on; two from 2^10 if it is to be fast, else from 2^14. More would take more memory than they are
// worth.
uint32_t bands_for(const JpegFrame& frame, JpegEffort effort) {
  uint64_t blocks = 0;
  for (const JpegComponent& c : frame.components) blocks += uint64_t(c.blocks_across) * c.blocks_down;
  const unsigned two = effort == JpegEffort::kFast ? 10 : 14;
  const uint32_t bands = blocks >> 16 ? 4 : blocks >> two ? 2 : 1;
  return std::min(bands, frame.mcus_down);
}

// Stream 2 * b is the first component of band b, stream 2 * b + 1 the others of it. The first components come first:
// they are most of the work and wait for nothing, and what the others wait for has always begun. All memory is taken
// before a thread starts.
template <typename Coder>
void code_streams(std::vector<std::optional<Coder>>& coders, const JpegFrame& frame, JpegCoefficients& coefficients,
                  const JpegCodingOptions& options) {
  const auto streams = uint32_t(coders.size()), bands = streams / 2;
  const uint32_t used = frame.components.size() > 1 ? streams : bands;
  std::vector<std::vector<Plane>> planes;
  for (uint32_t band = 0; band < bands; ++band) planes.push_back(make_planes(frame, coefficients, band, bands));
  std::vector<std::optional<PlaneCoder<Coder>>> plane_coders(used);
  for (uint32_t job = 0; job < used; ++job)
    plane_coders[job].emplace(*coders[job % bands * 2 + job / bands], job < bands, options.effort, options.isa);
  Workers workers(std::clamp(options.threads, 1, int(used)));
  workers.run(used, [&](uint32_t job) {
    PlaneCoder<Coder>& coder = *plane_coders[job];
    std::vector<Plane>& of_band = planes[job % bands];
    coder.start_from(jpeg_prior());
    if (job < bands) {
      coder.code(of_band[0], 0);
    } else {
      for (size_t i = 1; i < of_band.size(); ++i) coder.code(of_band[i], uint32_t(i - 1));
    }
  });
}

Result<Budget::Lease> take_for_streams(const JpegFrame& frame, uint32_t bands, Budget* budget) {
  const uint64_t streams = frame.components.size() > 1 ? 2 * bands : bands;
  return Budget::take(budget, streams * kStreamMemory + 4 * frame.blocks(),
                      std::to_string(streams) + " streams of JPEG coefficients");
}

}  // namespace

Result<Bytes> encode_jpeg_coefficients(const JpegFrame& frame, const JpegCoefficients& coefficients,
                                       const JpegCodingOptions& options) {
  const uint32_t bands = bands_for(frame, options.effort);
  LMC_ASSIGN(const auto memory, take_for_streams(frame, bands, options.budget));
  std::vector<Bytes> streams(size_t(bands) * 2);
  std::vector<std::optional<ArithmeticEncoder>> coders(streams.size());
  for (size_t i = 0; i < streams.size(); ++i) coders[i].emplace(streams[i]);
  // An encoder writes nothing into the coefficients.
  code_streams(coders, frame, const_cast<JpegCoefficients&>(coefficients), options);
  for (auto& coder : coders) coder->finish();
  Bytes out = {uint8_t(bands)};
  for (size_t i = 0; i + 1 < streams.size(); ++i) append_varint(out, streams[i].size());
  for (const Bytes& stream : streams) append_bytes(out, stream);
  return out;
}

Status decode_jpeg_coefficients(const JpegFrame& frame, ByteSpan coded, const JpegCodingOptions& options,
                                JpegCoefficients& coefficients) {
  ByteReader in(coded);
  LMC_ASSIGN(const auto bands, in.read_le<uint8_t>("number of bands"));
  if (bands == 0 || bands > kMostBands || bands > frame.mcus_down)
    return bad_input("jpeg: " + std::to_string(bands) + " bands of " + std::to_string(frame.mcus_down) + " MCU rows",
                     0);
  std::vector<size_t> sizes(size_t(bands) * 2);
  size_t sum = 0;
  for (size_t i = 0; i + 1 < sizes.size(); ++i) {
    LMC_ASSIGN(const auto size, in.read_varint("size of a stream"));
    if (size > in.remaining() || sum + size > in.remaining())
      return bad_input("jpeg: a stream is longer than what is left", in.position());
    sizes[i] = size_t(size);
    sum += sizes[i];
  }
  if (sum > in.remaining()) return bad_input("jpeg: a stream is longer than what is left", in.position());
  sizes.back() = in.remaining() - sum;
  LMC_ASSIGN(const auto memory, take_for_streams(frame, bands, options.budget));
  std::vector<std::optional<ArithmeticDecoder>> coders(sizes.size());
  size_t at = in.position();
  for (size_t i = 0; i < sizes.size(); at += sizes[i++]) coders[i].emplace(coded.subspan(at, sizes[i]));
  code_streams(coders, frame, coefficients, options);
  return Ok();
}

}  // namespace lmc
