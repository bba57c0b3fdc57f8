// A rectangle of an image to bytes and back: the unit that decodes alone.
//
// Its planes are coded one after the other, green before red before blue (or luma and chroma, luma_chroma.h, by
// themselves), so that later ones see all of the earlier ones around each sample; with several threads a plane follows
// the one before at a distance of a few samples. The bytes do not depend on the number of threads.
#ifndef LMC_SAMPLES_IMAGE_TILE_H_
#define LMC_SAMPLES_IMAGE_TILE_H_

#include <functional>

#include "lmc/base/bytes.h"
#include "lmc/samples/pixel_network.h"

namespace lmc {

inline constexpr int kTileEdge = 1024;  // no tile is wider or higher
// At most, in bytes: what a sample of a tile takes beside the model of its plane, and such a model.
inline constexpr uint64_t kTileSampleMemory = 10;
uint64_t plane_memory_bytes(uint64_t pixels);

struct TileShape {
  int width = 0, height = 0;  // 1..kTileEdge
  int channels = 1;           // 1..4
  int bits = 8;               // 1..16
};

// What is spent on it. Written into the tile, so that a decoder need not know.
struct TileEffort {
  int contexts = 6;            // exact-value contexts, 0..kPixelContexts
  bool mixing = true;          // without it the network's word stands
  bool synthetic = false;      // even where the network is sure: for synthetic images
  bool least_squares = false;  // a second predictor: smaller and slower
  bool ensemble = false;       // many more predictors: smaller and slower; needs least_squares, not light
  bool light = false;          // fewer parts are mixed: faster
  bool gating = false;         // and only where that gains; needs light
  uint32_t without = 0;        // PixelParts left out, for ablations; cannot be decoded
};

struct TileResources {
  const PixelNetwork* network = nullptr;
  Isa isa = Isa::kScalar;
  int threads = 1;
};

// Samples (height, width, channels), two bytes each in the machine's order.
using TileSamples = std::vector<uint16_t>;

// costs, if given: bits spent on each sample, in the order of samples.
Bytes encode_tile(const TileShape& shape, const TileSamples& samples, const TileEffort& effort,
                  const TileResources& resources, std::vector<float>* costs = nullptr);
// Errors: bad input if the payload is malformed. Damage inside a plane gives wrong samples, not an error.
Result<TileSamples> decode_tile(const TileShape& shape, ByteSpan payload, const TileResources& resources);

}  // namespace lmc

#endif  // LMC_SAMPLES_IMAGE_TILE_H_
