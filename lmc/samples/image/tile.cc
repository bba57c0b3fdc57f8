#include "lmc/samples/image/tile.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <climits>
#include <exception>
#include <memory>
#include <optional>
#include <system_error>
#include <thread>

#include "lmc/coding/arithmetic_coder.h"
#include "lmc/mixing/logistic.h"
#include "lmc/samples/image/luma_chroma.h"
#include "lmc/samples/image/used_values.h"
#include "lmc/samples/pixel_contexts.h"
#include "lmc/samples/plane_model.h"
#include "lmc/samples/residual_stage.h"

namespace lmc {
namespace {

// Bits of a tile's second byte.
enum : uint8_t {
  kMixing = 1,
  kSynthetic = 2,
  kLeastSquares = 4,
  kLight = 8,
  kLumaChroma = 16,
  kEnsemble = 32,
  kGating = 64
};
constexpr uint8_t kKnownFlags = 127;
// The first byte of a plane.
enum class PlaneKind : uint8_t { kConstant = 0, kCoded = 1, kRanks = 2 };  // kRanks: among the values that occur

// How far a plane has come, for the planes that look at it.
class Progress {
 public:
  void publish(int step) {
    done_.store(step, std::memory_order_release);
    done_.notify_all();
  }
  void wait_for(int step) {
    for (int done = done_.load(std::memory_order_acquire); done < step; done = done_.load(std::memory_order_acquire))
      done_.wait(done, std::memory_order_acquire);
  }

 private:
  std::atomic<int> done_ = -1;
};

struct Plane {
  int channel = 0;  // among the samples
  int width = 0, height = 0;
  PlaneRole role = PlaneRole::kFirst;
  int bits = 8;  // that its samples need
  bool constant = false;
  std::optional<UsedValues> used;  // then samples are ranks
  std::unique_ptr<PaddedPlane> samples;
  Progress progress;
  const uint16_t* source = nullptr;  // when encoding: one sample every so many
  size_t source_step = 1;
  Bytes coded;
  ByteSpan received;  // when decoding
};

using Planes = std::vector<std::unique_ptr<Plane>>;

// In coding order. Alpha looks at no other plane; nor do luma and chroma: the network knows red, green and blue.
Planes make_planes(const TileShape& shape, const std::optional<LumaChroma>& made) {
  constexpr int kColourOrder[] = {1, 0, 2, 3};
  Planes planes;
  for (int i = 0; i < shape.channels; ++i) {
    auto& plane = *planes.emplace_back(std::make_unique<Plane>());
    const bool colour = shape.channels >= 3 && i < 3;
    plane.channel = shape.channels >= 3 ? kColourOrder[i] : i;
    plane.role = colour && !made ? PlaneRole(i) : PlaneRole::kFirst;
    plane.bits = shape.bits;
    const bool chroma = made && colour && i > 0;
    plane.width = chroma ? made->grid.width(shape.width) : shape.width;
    plane.height = chroma ? made->grid.height(shape.height) : shape.height;
  }
  return planes;
}

// An ensemble needs few bits in all that it looks at.
bool has_few_bits(const Planes& planes, const Plane& plane) {
  const auto few = [](const auto& each) { return each->bits <= ResidualStage::kMostBits; };
  return plane.bits <= ResidualStage::kMostBits && std::all_of(planes.begin(), planes.begin() + int(plane.role), few);
}

PlaneSettings settings_of(const Planes& planes, const Plane& plane, const TileEffort& effort) {
  PlaneSettings settings;
  settings.role = plane.role;
  settings.bits = plane.bits;
  settings.contexts = effort.contexts;
  settings.synthetic = effort.synthetic;
  settings.least_squares = effort.least_squares;
  settings.ensemble = effort.ensemble && has_few_bits(planes, plane);
  settings.light = effort.light;
  settings.gating = effort.gating;
  settings.mixing = effort.mixing;
  settings.without = effort.without;
  return settings;
}

void fill_constant(PaddedPlane& plane, uint16_t value) {
  for (int y = 0; y < plane.height(); ++y) {
    plane.begin_row(y);
    for (int x = 0; x < plane.width(); ++x) plane.set(x, y, value);
    plane.end_row(y);
  }
}

// Codes the plane's samples once the planes it looks at are far enough.
template <typename Coder, typename ValueOf>
void code_plane(Planes& planes, size_t index, const TileEffort& effort, const TileResources& resources, Coder& coder,
                const ValueOf& value_of) {
  Plane& plane = *planes[index];
  std::vector<const PaddedPlane*> earlier;
  for (size_t p = 0; p < size_t(plane.role); ++p) earlier.push_back(planes[p]->samples.get());
  PlaneModel model(*resources.network, settings_of(planes, plane, effort), *plane.samples, earlier, resources.isa);
  const int steps = model.steps();
  for (int t = 0; t < steps; ++t) {
    for (size_t p = 0; p < earlier.size(); ++p) planes[p]->progress.wait_for(PlaneModel::needs(t, steps));
    model.step(t, coder, value_of);
    plane.progress.publish(t);
  }
}

// work(p) for each plane that is coded, one thread a plane if there are threads. The first exception comes out here.
template <typename Work>
void for_each_coded(const Planes& planes, int threads, const Work& work) {
  std::vector<size_t> coded;
  for (size_t p = 0; p < planes.size(); ++p)
    if (!planes[p]->constant) coded.push_back(p);
  std::vector<std::exception_ptr> failures(coded.size());
  const auto guarded = [&](size_t i) {
    try {
      work(coded[i]);
    } catch (...) {
      failures[i] = std::current_exception();
      planes[coded[i]]->progress.publish(INT_MAX);  // those that wait for this plane go on, to no purpose
    }
  };
  {
    std::vector<std::jthread> running;
    running.reserve(coded.size());
    size_t begun = std::min<size_t>(1, coded.size());
    try {
      while (threads > 1 && begun < coded.size()) {
        running.emplace_back([&guarded, begun] { guarded(begun); });
        ++begun;
      }
    } catch (const std::system_error&) {  // no more threads to be had: what is left comes after the rest
    }
    if (!coded.empty()) guarded(0);
    for (; begun < coded.size(); ++begun) guarded(begun);
  }
  for (const std::exception_ptr& failure : failures)
    if (failure != nullptr) std::rethrow_exception(failure);
}

// An encoder that also notes what each decision costs.
class CountingEncoder {
 public:
  static constexpr bool kDecodes = false;
  CountingEncoder(ArithmeticEncoder& coder, double& bits) : coder_(coder), bits_(bits) {}
  int code(int bit, uint32_t p1) {
    bits_ -= double(logistic().ln(bit ? p1 : kProbOne - p1) - logistic().ln(kProbOne)) / 0.6931471805599453;
    return coder_.code(bit, p1);
  }

 private:
  ArithmeticEncoder& coder_;
  double& bits_;
};

void encode_plane(Planes& planes, size_t index, const TileShape& shape, const TileEffort& effort,
                  const TileResources& resources, std::vector<float>* costs) {
  Plane& plane = *planes[index];
  ArithmeticEncoder coder(plane.coded);
  const std::vector<uint16_t> ranks = plane.used ? plane.used->ranks() : std::vector<uint16_t>();
  const auto value = [&](uint32_t x, uint32_t y) {
    const uint16_t sample = plane.source[(size_t(y) * size_t(plane.width) + x) * plane.source_step];
    return ranks.empty() ? sample : ranks[sample];
  };
  // Costs of a smaller plane are booked on pixels near the place.
  const auto place = [&](uint32_t x, uint32_t y) {
    const size_t column = size_t(x) * size_t(shape.width) / size_t(plane.width);
    const size_t row = size_t(y) * size_t(shape.height) / size_t(plane.height);
    return (row * size_t(shape.width) + column) * size_t(shape.channels) + size_t(plane.channel);
  };
  if (costs == nullptr) {
    code_plane(planes, index, effort, resources, coder, value);
  } else {
    double bits = 0, before = 0;
    size_t last = SIZE_MAX;
    CountingEncoder counting(coder, bits);
    const auto close = [&] {
      if (last != SIZE_MAX) (*costs)[last] += float(bits - before);
      before = bits;
    };
    code_plane(planes, index, effort, resources, counting, [&](uint32_t x, uint32_t y) {
      close();
      last = place(x, y);
      return value(x, y);
    });
    close();
  }
  coder.finish();
}

Error damaged(const std::string& what) { return bad_input("image tile: " + what + "; the file is damaged"); }

struct Head {
  TileEffort effort;
  std::optional<LumaChroma> made;
};

Result<Head> read_head(ByteReader& reader, const TileShape& shape) {
  LMC_ASSIGN(const auto contexts, reader.read_le<uint8_t>("image tile: contexts"));
  LMC_ASSIGN(const auto flags, reader.read_le<uint8_t>("image tile: flags"));
  if (contexts > kPixelContexts || (flags & ~kKnownFlags) != 0)
    return bad_input("image tile: unknown settings; the file was written by a newer lmc or is damaged");
  constexpr uint8_t kForEnsemble = kMixing | kLeastSquares;
  if ((flags & kEnsemble) != 0 && (flags & (kForEnsemble | kLight)) != kForEnsemble)
    return damaged("an ensemble without what it needs");
  constexpr uint8_t kForGating = kMixing | kLight;
  if ((flags & kGating) != 0 && (flags & (kForGating | kSynthetic)) != kForGating)
    return damaged("gating without a light mixer");
  Head head{.effort = {.contexts = contexts,
                       .mixing = (flags & kMixing) != 0,
                       .synthetic = (flags & kSynthetic) != 0,
                       .least_squares = (flags & kLeastSquares) != 0,
                       .ensemble = (flags & kEnsemble) != 0,
                       .light = (flags & kLight) != 0,
                       .gating = (flags & kGating) != 0},
            .made = std::nullopt};
  if ((flags & kLumaChroma) != 0) {
    LMC_ASSIGN(auto made, LumaChroma::read(reader, shape));
    head.made = std::move(made);
  }
  return head;
}

Status read_plane(ByteReader& reader, const TileShape& shape, Plane& plane) {
  LMC_ASSIGN(const auto kind, reader.read_le<uint8_t>("image tile: kind of a plane"));
  if (kind > uint8_t(PlaneKind::kRanks)) return damaged("unknown kind of plane");
  if (PlaneKind(kind) == PlaneKind::kConstant) {
    LMC_ASSIGN(const auto value, reader.read_le<uint16_t>("image tile: value of a plane"));
    if (value >> shape.bits != 0) return damaged("a value has too many bits");
    plane.constant = true;
    plane.samples = std::make_unique<PaddedPlane>(plane.width, plane.height, shape.bits);
    fill_constant(*plane.samples, value);
    plane.progress.publish(INT32_MAX);
    return Ok();
  }
  if (PlaneKind(kind) == PlaneKind::kRanks) {
    LMC_ASSIGN(auto used, UsedValues::read(reader, shape.bits));
    plane.bits = int(std::bit_width(used.size() - 1));
    plane.used = std::move(used);
  } else {
    LMC_ASSIGN(const auto bits, reader.read_le<uint8_t>("image tile: bits of a plane"));
    if (bits < 1 || bits > shape.bits) return damaged("a plane of " + std::to_string(bits) + " bits");
    plane.bits = bits;
  }
  LMC_ASSIGN(const auto bytes, reader.read_varint("image tile: size of a plane"));
  LMC_ASSIGN(const auto coded, reader.read_bytes(size_t(bytes), "image tile: plane"));
  plane.received = coded;
  plane.samples = std::make_unique<PaddedPlane>(plane.width, plane.height, plane.bits);
  return Ok();
}

// What the samples of a plane that is to be encoded need.
void prepare_plane(Plane& plane, int bits) {
  std::vector<uint32_t> counts(size_t(1) << bits);
  const size_t size = size_t(plane.width) * size_t(plane.height);
  for (size_t i = 0; i < size; ++i) ++counts[plane.source[i * plane.source_step]];
  UsedValues used(counts);
  const uint16_t most = used.value(used.size() - 1);
  plane.constant = used.size() == 1;
  plane.bits = plane.constant ? bits : int(std::bit_width(unsigned(most)));
  if (used.worth_it(counts)) {
    plane.bits = int(std::bit_width(used.size() - 1));
    plane.used = std::move(used);
  }
  plane.samples = std::make_unique<PaddedPlane>(plane.width, plane.height, plane.bits);
  if (!plane.constant) return;
  fill_constant(*plane.samples, most);
  plane.progress.publish(INT32_MAX);
}

// The values of a plane that was decoded, one every so many.
Status copy_plane(const Plane& plane, uint16_t* out, size_t step) {
  const size_t ranks = plane.used ? plane.used->size() : 0;
  for (int y = 0; y < plane.height; ++y) {
    const uint16_t* row = plane.samples->row(y);
    for (int x = 0; x < plane.width; ++x, out += step) {
      if (ranks > 0 && row[x] >= ranks) return damaged("a rank beyond the values that occur");
      *out = ranks > 0 ? plane.used->value(row[x]) : row[x];
    }
  }
  return Ok();
}

}  // namespace

namespace {

Bytes encode_tile_as(const std::optional<LumaChroma>& made, const TileShape& shape, const TileSamples& samples,
                     const TileEffort& effort, const TileResources& resources, std::vector<float>* costs) {
  auto planes = make_planes(shape, made);
  if (costs != nullptr) costs->assign(samples.size(), 0.0f);
  for (size_t p = 0; p < planes.size(); ++p) {
    const bool own = made && p < made->planes.size();
    planes[p]->source = own ? made->planes[p].data() : samples.data() + planes[p]->channel;
    planes[p]->source_step = own ? 1 : size_t(shape.channels);
    prepare_plane(*planes[p], shape.bits);
  }
  for_each_coded(planes, resources.threads,
                 [&](size_t p) { encode_plane(planes, p, shape, effort, resources, costs); });
  Bytes out{uint8_t(effort.contexts),
            uint8_t((effort.mixing ? kMixing : 0) | (effort.synthetic ? kSynthetic : 0) |
                    (effort.least_squares ? kLeastSquares : 0) | (effort.light ? kLight : 0) |
                    (made ? kLumaChroma : 0) | (effort.ensemble ? kEnsemble : 0) | (effort.gating ? kGating : 0))};
  if (made) made->append_to(out);
  for (const auto& plane : planes) {
    out.push_back(uint8_t(plane->constant ? PlaneKind::kConstant
                          : plane->used   ? PlaneKind::kRanks
                                          : PlaneKind::kCoded));
    if (plane->constant) {
      append_le(out, plane->samples->row(0)[0]);
      continue;
    }
    if (plane->used)
      plane->used->append_to(out);
    else
      out.push_back(uint8_t(plane->bits));
    append_varint(out, plane->coded.size());
    append_bytes(out, plane->coded);
  }
  return out;
}

}  // namespace

Bytes encode_tile(const TileShape& shape, const TileSamples& samples, const TileEffort& effort,
                  const TileResources& resources, std::vector<float>* costs) {
  const auto made = LumaChroma::find(shape, samples);
  Bytes out = encode_tile_as(made, shape, samples, effort, resources, costs);
  if (!made || !made->doubtful) return out;
  std::vector<float> other_costs;
  Bytes other = encode_tile_as({}, shape, samples, effort, resources, costs != nullptr ? &other_costs : nullptr);
  if (other.size() >= out.size()) return out;
  if (costs != nullptr) *costs = std::move(other_costs);
  return other;
}

uint64_t plane_memory_bytes(uint64_t pixels) {
  constexpr uint64_t kFixedBytes = uint64_t(24) << 20, kPixelBytes = 48;  // least squares see 16 samples of each place
  return kFixedBytes + PlaneModel::table_bytes(pixels) + kPixelBytes * pixels;
}

Result<TileSamples> decode_tile(const TileShape& shape, ByteSpan payload, const TileResources& resources) {
  ByteReader reader(payload);
  LMC_ASSIGN(auto head, read_head(reader, shape));
  auto planes = make_planes(shape, head.made);
  for (const auto& plane : planes) LMC_TRY(read_plane(reader, shape, *plane));
  if (reader.remaining() > 0) return damaged("bytes behind the last plane");
  for_each_coded(planes, resources.threads, [&](size_t p) {
    ArithmeticDecoder coder(planes[p]->received);
    code_plane(planes, p, head.effort, resources, coder, [](uint32_t, uint32_t) { return 0; });
  });
  TileSamples samples(size_t(shape.width) * size_t(shape.height) * size_t(shape.channels));
  for (size_t p = 0; p < planes.size(); ++p) {
    const bool own = head.made && p < head.made->planes.size();
    if (own) {
      auto& out = head.made->planes[p];
      out.resize(size_t(planes[p]->width) * size_t(planes[p]->height));
      LMC_TRY(copy_plane(*planes[p], out.data(), 1));
    } else {
      LMC_TRY(copy_plane(*planes[p], samples.data() + planes[p]->channel, size_t(shape.channels)));
    }
  }
  if (head.made) head.made->write_rgb(shape, samples);
  return samples;
}

}  // namespace lmc
