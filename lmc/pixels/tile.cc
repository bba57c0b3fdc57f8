#include "lmc/pixels/tile.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <memory>
#include <optional>
#include <thread>

#include "lmc/coding/arithmetic_coder.h"
#include "lmc/mixing/logistic.h"
#include "lmc/pixels/pixel_contexts.h"
#include "lmc/pixels/plane_model.h"
#include "lmc/pixels/used_values.h"

namespace lmc {
namespace {

// Bits of a tile's second byte.
enum : uint8_t { kMixing = 1, kDrawn = 2, kLeastSquares = 4, kLight = 8, kKnownFlags = 15 };
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
  PlaneRole role = PlaneRole::kFirst;
  int bits = 8;  // that its samples need
  bool constant = false;
  std::optional<UsedValues> used;  // then samples are ranks
  std::unique_ptr<PaddedPlane> samples;
  Progress progress;
  Bytes coded;        // when encoding
  ByteSpan received;  // when decoding
};

// In coding order. Alpha looks at no other plane.
std::vector<std::unique_ptr<Plane>> make_planes(const TileShape& shape) {
  constexpr int kColourOrder[] = {1, 0, 2, 3};
  std::vector<std::unique_ptr<Plane>> planes;
  for (int i = 0; i < shape.channels; ++i) {
    auto& plane = *planes.emplace_back(std::make_unique<Plane>());
    const bool colour = shape.channels >= 3 && i < 3;
    plane.channel = shape.channels >= 3 ? kColourOrder[i] : i;
    plane.role = colour ? PlaneRole(i) : PlaneRole::kFirst;
    plane.bits = shape.bits;
  }
  return planes;
}

PlaneSettings settings_of(const Plane& plane, const TileEffort& effort) {
  PlaneSettings settings;
  settings.role = plane.role;
  settings.bits = plane.bits;
  settings.contexts = effort.contexts;
  settings.drawn = effort.drawn;
  settings.least_squares = effort.least_squares;
  settings.light = effort.light;
  settings.without = effort.without | (effort.mixing ? 0u : uint32_t(kNoMixing));
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
void code_plane(std::vector<std::unique_ptr<Plane>>& planes, size_t index, const TileEffort& effort,
                const TileResources& resources, Coder& coder, const ValueOf& value_of) {
  Plane& plane = *planes[index];
  std::vector<const PaddedPlane*> earlier;
  for (size_t p = 0; p < size_t(plane.role); ++p) earlier.push_back(planes[p]->samples.get());
  PlaneModel model(*resources.network, settings_of(plane, effort), *plane.samples, earlier, resources.isa);
  const int steps = model.steps();
  for (int t = 0; t < steps; ++t) {
    for (size_t p = 0; p < earlier.size(); ++p) planes[p]->progress.wait_for(PlaneModel::needs(t, steps));
    model.step(t, coder, value_of);
    plane.progress.publish(t);
  }
}

// work(i) for each plane, one thread a plane if there are threads.
template <typename Work>
void for_each_plane(size_t count, int threads, const Work& work) {
  if (threads < 2 || count < 2) {
    for (size_t i = 0; i < count; ++i) work(i);
    return;
  }
  std::vector<std::jthread> running;
  for (size_t i = 1; i < count; ++i) running.emplace_back([&work, i] { work(i); });
  work(0);
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

void encode_plane(std::vector<std::unique_ptr<Plane>>& planes, size_t index, const TileShape& shape,
                  const TileSamples& samples, const TileEffort& effort, const TileResources& resources,
                  std::vector<float>* costs) {
  Plane& plane = *planes[index];
  const auto place = [&](uint32_t x, uint32_t y) {
    return (size_t(y) * size_t(shape.width) + x) * size_t(shape.channels) + size_t(plane.channel);
  };
  ArithmeticEncoder coder(plane.coded);
  const std::vector<uint16_t> ranks = plane.used ? plane.used->ranks() : std::vector<uint16_t>();
  const auto value = [&](size_t at) { return ranks.empty() ? samples[at] : ranks[samples[at]]; };
  if (costs == nullptr) {
    code_plane(planes, index, effort, resources, coder, [&](uint32_t x, uint32_t y) { return value(place(x, y)); });
  } else {
    double bits = 0, before = 0;
    size_t last = SIZE_MAX;
    CountingEncoder counting(coder, bits);
    const auto close = [&] {
      if (last != SIZE_MAX) (*costs)[last] = float(bits - before);
      before = bits;
    };
    code_plane(planes, index, effort, resources, counting, [&](uint32_t x, uint32_t y) {
      close();
      last = place(x, y);
      return value(last);
    });
    close();
  }
  coder.finish();
}

Error damaged(const std::string& what) { return bad_input("image tile: " + what + "; the file is damaged"); }

Result<TileEffort> read_effort(ByteReader& reader) {
  const auto contexts = reader.read_le<uint8_t>("image tile: contexts");
  if (!contexts.ok()) return contexts.error();
  const auto flags = reader.read_le<uint8_t>("image tile: flags");
  if (!flags.ok()) return flags.error();
  if (*contexts > kPixelContexts || (*flags & ~kKnownFlags) != 0)
    return bad_input("image tile: unknown settings; the file was written by a newer lmc or is damaged");
  return TileEffort{.contexts = *contexts,
                    .mixing = (*flags & kMixing) != 0,
                    .drawn = (*flags & kDrawn) != 0,
                    .least_squares = (*flags & kLeastSquares) != 0,
                    .light = (*flags & kLight) != 0};
}

Status read_plane(ByteReader& reader, const TileShape& shape, Plane& plane) {
  const auto kind = reader.read_le<uint8_t>("image tile: kind of a plane");
  if (!kind.ok()) return kind.error();
  if (*kind > uint8_t(PlaneKind::kRanks)) return damaged("unknown kind of plane");
  if (PlaneKind(*kind) == PlaneKind::kConstant) {
    const auto value = reader.read_le<uint16_t>("image tile: value of a plane");
    if (!value.ok()) return value.error();
    if (*value >> shape.bits != 0) return damaged("a value has too many bits");
    plane.constant = true;
    plane.samples = std::make_unique<PaddedPlane>(shape.width, shape.height, shape.bits);
    fill_constant(*plane.samples, *value);
    plane.progress.publish(INT32_MAX);
    return Ok();
  }
  if (PlaneKind(*kind) == PlaneKind::kRanks) {
    auto used = UsedValues::read(reader, shape.bits);
    if (!used.ok()) return used.error();
    plane.bits = int(std::bit_width(used->size() - 1));
    plane.used = std::move(*used);
  } else {
    const auto bits = reader.read_le<uint8_t>("image tile: bits of a plane");
    if (!bits.ok()) return bits.error();
    if (*bits < 1 || *bits > shape.bits) return damaged("a plane of " + std::to_string(*bits) + " bits");
    plane.bits = *bits;
  }
  const auto bytes = reader.read_varint("image tile: size of a plane");
  if (!bytes.ok()) return bytes.error();
  const auto coded = reader.read_bytes(size_t(*bytes), "image tile: plane");
  if (!coded.ok()) return coded.error();
  plane.received = *coded;
  plane.samples = std::make_unique<PaddedPlane>(shape.width, shape.height, plane.bits);
  return Ok();
}

}  // namespace

Bytes encode_tile(const TileShape& shape, const TileSamples& samples, const TileEffort& effort,
                  const TileResources& resources, std::vector<float>* costs) {
  auto planes = make_planes(shape);
  if (costs != nullptr) costs->assign(samples.size(), 0.0f);
  std::vector<size_t> coded;
  for (size_t p = 0; p < planes.size(); ++p) {
    Plane& plane = *planes[p];
    std::vector<uint32_t> counts(size_t(1) << shape.bits);
    for (size_t i = size_t(plane.channel); i < samples.size(); i += size_t(shape.channels)) ++counts[samples[i]];
    UsedValues used(counts);
    const uint16_t most = used.value(used.size() - 1);
    plane.constant = used.size() == 1;
    plane.bits = plane.constant ? shape.bits : int(std::bit_width(unsigned(most)));
    if (used.worth_it(counts)) {
      plane.bits = int(std::bit_width(used.size() - 1));
      plane.used = std::move(used);
    }
    plane.samples = std::make_unique<PaddedPlane>(shape.width, shape.height, plane.bits);
    if (plane.constant) {
      fill_constant(*plane.samples, most);
      plane.progress.publish(INT32_MAX);
    } else {
      coded.push_back(p);
    }
  }
  for_each_plane(coded.size(), resources.threads,
                 [&](size_t i) { encode_plane(planes, coded[i], shape, samples, effort, resources, costs); });
  Bytes out{uint8_t(effort.contexts),
            uint8_t((effort.mixing ? kMixing : 0) | (effort.drawn ? kDrawn : 0) |
                    (effort.least_squares ? kLeastSquares : 0) | (effort.light ? kLight : 0))};
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

Result<TileSamples> decode_tile(const TileShape& shape, ByteSpan payload, const TileResources& resources) {
  ByteReader reader(payload);
  const auto effort = read_effort(reader);
  if (!effort.ok()) return effort.error();
  auto planes = make_planes(shape);
  std::vector<size_t> coded;
  for (size_t p = 0; p < planes.size(); ++p) {
    LMC_TRY(read_plane(reader, shape, *planes[p]));
    if (!planes[p]->constant) coded.push_back(p);
  }
  if (reader.remaining() > 0) return damaged("bytes behind the last plane");
  for_each_plane(coded.size(), resources.threads, [&](size_t i) {
    ArithmeticDecoder coder(planes[coded[i]]->received);
    code_plane(planes, coded[i], *effort, resources, coder, [](uint32_t, uint32_t) { return 0; });
  });
  TileSamples samples(size_t(shape.width) * size_t(shape.height) * size_t(shape.channels));
  for (const auto& plane : planes) {
    const size_t ranks = plane->used ? plane->used->size() : 0;
    for (int y = 0; y < shape.height; ++y) {
      const uint16_t* row = plane->samples->row(y);
      uint16_t* out = samples.data() + size_t(y) * size_t(shape.width) * size_t(shape.channels) + plane->channel;
      for (int x = 0; x < shape.width; ++x, out += shape.channels) {
        if (ranks > 0 && row[x] >= ranks) return damaged("a rank beyond the values that occur");
        *out = ranks > 0 ? plane->used->value(row[x]) : row[x];
      }
    }
  }
  return samples;
}

bool looks_drawn(const TileShape& shape, const TileSamples& samples) {
  const size_t row = size_t(shape.width) * size_t(shape.channels), step = size_t(shape.channels);
  size_t equal = 0, all = 0;
  for (size_t y = 1; y < size_t(shape.height); ++y)
    for (size_t i = y * row + step; i < (y + 1) * row; i += step) {
      ++all;
      equal += samples[i] == samples[i - step] && samples[i] == samples[i - row];
    }
  return all > 0 && equal * 4 > all;
}

}  // namespace lmc
