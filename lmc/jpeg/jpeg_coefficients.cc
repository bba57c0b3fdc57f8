#include "lmc/jpeg/jpeg_coefficients.h"

#include <algorithm>
#include <array>
#include <optional>

#include "lmc/base/workers.h"
#include "lmc/coding/arithmetic_coder.h"

namespace lmc {
namespace {

constexpr size_t kStreams = 2;

// All memory is taken before a thread starts.
template <typename Coder>
void code_streams(std::array<std::optional<Coder>, kStreams>& coders, std::vector<Plane>& planes,
                  const JpegCodingOptions& options) {
  std::array<std::optional<PlaneCoder<Coder>>, kStreams> plane_coders;
  const auto streams = uint32_t(std::min(planes.size(), kStreams));
  for (size_t i = 0; i < streams; ++i) plane_coders[i].emplace(*coders[i], i == 0, options.effort, options.isa);
  Workers workers(std::clamp(options.threads, 1, int(streams)));
  workers.run(streams, [&](uint32_t stream) {
    if (stream == 0) {
      plane_coders[0]->code(planes[0], 0);
    } else {
      for (size_t i = 1; i < planes.size(); ++i) plane_coders[1]->code(planes[i], uint32_t(i - 1));
    }
  });
}

}  // namespace

Bytes encode_jpeg_coefficients(const JpegFrame& frame, const JpegCoefficients& coefficients,
                               const JpegCodingOptions& options) {
  // An encoder writes nothing into the planes' coefficients.
  std::vector<Plane> planes = make_planes(frame, const_cast<JpegCoefficients&>(coefficients));
  std::array<Bytes, kStreams> streams;
  std::array<std::optional<ArithmeticEncoder>, kStreams> coders;
  for (size_t i = 0; i < kStreams; ++i) coders[i].emplace(streams[i]);
  code_streams(coders, planes, options);
  for (auto& coder : coders) coder->finish();
  Bytes out;
  append_varint(out, streams[0].size());
  append_bytes(out, streams[0]);
  append_bytes(out, streams[1]);
  return out;
}

Status decode_jpeg_coefficients(const JpegFrame& frame, ByteSpan coded, const JpegCodingOptions& options,
                                JpegCoefficients& coefficients) {
  ByteReader in(coded);
  const Result<uint64_t> size = in.read_varint("size of the first stream");
  if (!size.ok()) return size.error();
  if (*size > in.remaining()) return bad_input("jpeg: the first stream is longer than what is left", in.position());
  const ByteSpan rest = coded.subspan(in.position());
  std::vector<Plane> planes = make_planes(frame, coefficients);
  std::array<std::optional<ArithmeticDecoder>, kStreams> coders;
  coders[0].emplace(rest.first(size_t(*size)));
  coders[1].emplace(rest.subspan(size_t(*size)));
  code_streams(coders, planes, options);
  return Ok();
}

}  // namespace lmc
