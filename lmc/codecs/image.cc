#include "lmc/codecs/image.h"

#include <algorithm>

#include "lmc/base/parallel.h"
#include "lmc/coefficients/decoded/decoded_picture.h"
#include "lmc/samples/image/tile_look.h"
#include "lmc/samples/pixel_contexts.h"

namespace lmc {
namespace {

enum : uint8_t { kTiles = 0, kDecodedJpeg = 1 };  // profiles
constexpr uint8_t kIndexedBit = 0x80;
constexpr int kLightContexts = 3, kPhotoContexts = 6;
constexpr size_t kDoubtfulOf = 50;  // one pixel of so many that is an exception: tiles might be smaller

Error damaged(const std::string& what) { return bad_input("image block: " + what + "; the file is damaged"); }

// Columns and rows of tiles, as even as can be.
struct Grid {
  uint32_t width, height, columns, rows;

  explicit Grid(const Picture& picture)
      : width(picture.width),
        height(picture.height),
        columns((width + kTileEdge - 1) / kTileEdge),
        rows((height + kTileEdge - 1) / kTileEdge) {}
  size_t count() const { return size_t(columns) * rows; }
  Region tile(size_t i) const {
    const auto edge = [](uint64_t size, uint64_t number, uint64_t of) { return uint32_t(size * number / of); };
    const auto c = uint64_t(i % columns), r = uint64_t(i / columns);
    const uint32_t x = edge(width, c, columns), y = edge(height, r, rows);
    return {x, y, edge(width, c + 1, columns) - x, edge(height, r + 1, rows) - y};
  }
};

TileShape shape_of(const Picture& picture, const Region& tile) {
  return {int(tile.width), int(tile.height), picture.channels, picture.bits};
}

TileLook tile_look(const Picture& picture, const TileShape& shape, const TileSamples& samples) {
  return picture.indexed ? TileLook::kSynthetic : look_of(shape, samples);
}

// Calls copy(picture's byte offset, tile's sample index, samples) for each row of the tile.
template <typename Copy>
void for_each_row(const Picture& picture, const Region& tile, const Copy& copy) {
  const size_t channels = size_t(picture.channels);
  for (uint32_t y = 0; y < tile.height; ++y)
    copy((size_t(tile.y + y) * picture.width + tile.x) * channels * picture.sample_bytes(),
         size_t(y) * tile.width * channels, tile.width * channels);
}

TileSamples cut(const Picture& picture, const Region& tile) {
  TileSamples out(size_t(tile.width) * tile.height * size_t(picture.channels));
  for_each_row(picture, tile, [&](size_t from, size_t to, size_t count) {
    const uint8_t* bytes = picture.samples.data() + from;
    if (picture.sample_bytes() == 1)
      std::copy_n(bytes, count, out.begin() + ptrdiff_t(to));
    else
      for (size_t i = 0; i < count; ++i) out[to + i] = uint16_t(bytes[2 * i] | bytes[2 * i + 1] << 8);
  });
  return out;
}

void paste(const TileSamples& samples, const Region& tile, Picture& picture) {
  for_each_row(picture, tile, [&](size_t to, size_t from, size_t count) {
    uint8_t* bytes = picture.samples.data() + to;
    for (size_t i = 0; i < count; ++i) {
      const uint16_t sample = samples[from + i];
      if (picture.sample_bytes() == 1) {
        bytes[i] = uint8_t(sample);
      } else {
        bytes[2 * i] = uint8_t(sample);
        bytes[2 * i + 1] = uint8_t(sample >> 8);
      }
    }
  });
}

// Tiles of one plane go side by side; those of several one after the other, their planes side by side.
struct Sharing {
  int tiles = 1, planes = 1;
  Sharing(const Picture& picture, int threads)
      : tiles(picture.channels == 1 ? threads : 1), planes(picture.channels == 1 ? 1 : threads) {}
};

struct Layout {
  uint8_t profile = kTiles;
  ImageFormat format = ImageFormat::kPnm;
  Picture picture;  // without samples
  size_t side_bytes = 0;
  uint8_t side_codec = kStored;
  ByteSpan side;
  std::vector<ByteSpan> tiles;
  ByteSpan decoded;  // of a decoded JPEG picture
};

Status read_shape(ByteReader& reader, Layout& layout) {
  LMC_ASSIGN(const auto profile, reader.read_le<uint8_t>("image block: profile"));
  LMC_ASSIGN(const auto format, reader.read_le<uint8_t>("image block: format"));
  if (profile > kDecodedJpeg || format < uint8_t(ImageFormat::kPnm) || format > uint8_t(ImageFormat::kWebp))
    return bad_input("image block: unknown profile or format; the file was written by a newer lmc or is damaged", 0);
  LMC_ASSIGN(const auto width, reader.read_varint("image block: width"));
  LMC_ASSIGN(const auto height, reader.read_varint("image block: height"));
  LMC_ASSIGN(const auto channels, reader.read_le<uint8_t>("image block: channels"));
  LMC_ASSIGN(const auto bits, reader.read_le<uint8_t>("image block: bits"));
  if (width > UINT32_MAX || height > UINT32_MAX) return damaged("too many pixels");
  Picture& picture = layout.picture;
  layout.profile = profile;
  layout.format = ImageFormat(format);
  picture.width = uint32_t(width), picture.height = uint32_t(height);
  picture.channels = channels;
  picture.bits = bits & ~kIndexedBit;
  picture.indexed = (bits & kIndexedBit) != 0;
  return check_shape(picture);
}

Result<Layout> read_layout(ByteSpan payload) {
  ByteReader reader(payload);
  Layout layout;
  LMC_TRY(read_shape(reader, layout));
  LMC_ASSIGN(const auto side_bytes, reader.read_varint("image block: reconstruction data"));
  LMC_ASSIGN(const auto side_codec, reader.read_le<uint8_t>("image block: codec of the reconstruction data"));
  LMC_ASSIGN(const auto side_payload, reader.read_varint("image block: size of the reconstruction data"));
  if (side_bytes > SIZE_MAX) return damaged("too much reconstruction data");
  layout.side_bytes = size_t(side_bytes);
  layout.side_codec = side_codec;
  if (layout.profile == kDecodedJpeg) {
    LMC_ASSIGN(const auto side, reader.read_bytes(size_t(side_payload), "image block: reconstruction data"));
    layout.side = side;
    layout.decoded = payload.subspan(reader.position());
    return layout;
  }
  const Grid grid(layout.picture);
  if (grid.count() > reader.remaining()) return damaged("more tiles than bytes");
  std::vector<uint64_t> sizes;
  for (size_t i = 0; i < grid.count(); ++i) {
    LMC_ASSIGN(const auto bytes, reader.read_varint("image block: size of a tile"));
    sizes.push_back(bytes);
  }
  LMC_ASSIGN(const auto side, reader.read_bytes(size_t(side_payload), "image block: reconstruction data"));
  layout.side = side;
  for (uint64_t size : sizes) {
    LMC_ASSIGN(const auto tile, reader.read_bytes(size_t(size), "image block: tile"));
    layout.tiles.push_back(tile);
  }
  if (reader.remaining() > 0) return damaged("bytes behind the last tile");
  return layout;
}

Result<std::shared_ptr<const PixelNetwork>> load_network(const BlockResources& resources) {
  const LoadedModel* const model = resources.model(ModelNeed::kPixels);
  if (model == nullptr) return environment_error("the image needs a pixel model, and none is at hand");
  return compile(resources.engine, model->file, resources.isa, PixelNetwork::load);
}

bool touch(const Region& a, const Region& b) {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

TileShape whole_shape(const Picture& picture) {
  constexpr uint32_t kMost = 1 << 30;  // more than any that is coded whole
  return {int(std::min(picture.width, kMost)), int(std::min(picture.height, kMost)), picture.channels, picture.bits};
}

Status decode_decoded(const Layout& layout, Picture& picture, const BlockResources& resources) {
  const JpegOptions options{.threads = resources.threads, .isa = resources.isa, .budget = resources.budget};
  const auto samples = decode_decoded_picture(
      layout.decoded, whole_shape(picture), options, [&](ByteSpan coded, size_t side_bytes) -> Result<Bytes> {
        if (coded.empty()) return damaged("no exceptions");
        return decode_reconstruction_data(coded[0], coded.subspan(1), side_bytes, "image block", resources);
      });
  LMC_TRY(samples);
  paste(*samples, {0, 0, picture.width, picture.height}, picture);
  return Ok();
}

std::string describe(const Picture& picture) {
  return "a picture of " + std::to_string(picture.width) + " x " + std::to_string(picture.height) + " pixels";
}

// What so many tiles side by side, and planes of each, take at most.
Result<Budget::Lease> take_for_tiles(const Picture& picture, int tiles, int planes, Budget* budget) {
  const uint64_t pixels =
      uint64_t(std::min<uint32_t>(picture.width, kTileEdge)) * std::min<uint32_t>(picture.height, kTileEdge);
  const uint64_t of_planes = uint64_t(planes) * plane_memory_bytes(pixels);
  const uint64_t of_samples = pixels * uint64_t(picture.channels) * kTileSampleMemory;
  return Budget::take(budget, uint64_t(tiles) * (of_planes + of_samples), describe(picture));
}

// As many threads as there is memory for.
Result<Sharing> share(const Picture& picture, size_t tiles, int threads, Budget* budget, Budget::Lease& lease) {
  Sharing sharing(picture, threads);
  const auto try_it = [&]() -> Status {
    LMC_ASSIGN(auto taken, take_for_tiles(picture, int(std::min<size_t>(size_t(sharing.tiles), tiles)),
                                          std::min(sharing.planes, picture.channels), budget));
    lease = std::move(taken);
    return Ok();
  };
  if (threads > 1 && try_it().ok()) return sharing;
  sharing = Sharing(picture, 1);
  LMC_TRY(try_it());
  return sharing;
}

// Decodes the tiles that touch `wanted` into the picture's samples.
Status decode_tiles(const Layout& layout, const Region& wanted, Picture& picture, const BlockResources& resources,
                    size_t raw_size_bytes) {
  if (layout.profile == kDecodedJpeg) return decode_decoded(layout, picture, resources);
  LMC_ASSIGN(const auto network, load_network(resources));
  const Grid grid(picture);
  Budget::Lease lease;
  LMC_ASSIGN(const auto shared, share(picture, grid.count(), resources.threads, resources.budget, lease));
  const Sharing& sharing = shared;
  struct Decoded {
    Region tile;
    Result<TileSamples> samples;
  };
  InOrder<Decoded> jobs(sharing.tiles, [] {});
  size_t done = 0;
  const auto take = [&]() -> Status {
    const Decoded decoded = jobs.take();
    if (!decoded.samples.ok()) return decoded.samples.error();
    paste(*decoded.samples, decoded.tile, picture);
    if (resources.progress) resources.progress(raw_size_bytes * ++done / grid.count());
    return Ok();
  };
  for (size_t i = 0; i < grid.count(); ++i) {
    const Region tile = grid.tile(i);
    if (!touch(tile, wanted)) continue;
    while (!jobs.has_room(1)) LMC_TRY(take());
    const TileResources with{.network = network.get(), .isa = resources.isa, .threads = sharing.planes};
    jobs.submit(1, [tile, with, shape = shape_of(picture, tile), payload = layout.tiles[i]] {
      return Decoded{tile, decode_tile(shape, payload, with)};
    });
  }
  while (!jobs.empty()) LMC_TRY(take());
  return Ok();
}

Status check_region(const Picture& picture, const Region& region) {
  if (region.width > 0 && region.height > 0 && region.x < picture.width && region.y < picture.height &&
      region.width <= picture.width - region.x && region.height <= picture.height - region.y)
    return Ok();
  return usage_error("the region is not inside the image, which is " + std::to_string(picture.width) + "x" +
                     std::to_string(picture.height));
}

Picture crop(const Picture& picture, const Region& region) {
  Picture out = picture;
  out.width = region.width, out.height = region.height;
  out.samples.resize(out.size_bytes());
  const size_t pixel = size_t(picture.channels) * picture.sample_bytes();
  for (size_t y = 0; y < region.height; ++y)
    std::copy_n(picture.samples.begin() + ptrdiff_t(((region.y + y) * picture.width + region.x) * pixel),
                region.width * pixel, out.samples.begin() + ptrdiff_t(y * region.width * pixel));
  return out;
}

// A picture that is a decoded JPEG file: its payload, empty if it is none.
struct DecodedTry {
  Bytes payload;
  bool doubtful = false;  // whether that is smaller than tiles
};

// At most, of each pixel and channel: bounds, colours, blocks and what they make, of the grid at hand and the best.
constexpr uint64_t kSearchMemory = 40;

DecodedTry try_decoded(const Picture& picture, bool thorough, const BlockResources& resources) {
  const TileShape shape = whole_shape(picture);
  DecodedTry out;
  if (picture.indexed || !may_be_decoded(shape)) return out;
  const uint64_t samples = uint64_t(picture.width + 15) * (picture.height + 15) * uint64_t(picture.channels);
  const auto memory = Budget::take(resources.budget, kSearchMemory * samples, "looking for a decoded JPEG file");
  if (!memory.ok()) return out;
  const auto found =
      DecodedPicture::find(shape, cut(picture, {0, 0, picture.width, picture.height}), resources.threads);
  if (!found) return out;
  const JpegOptions options{.effort = thorough ? JpegEffort::kThorough : JpegEffort::kFast,
                            .threads = resources.threads,
                            .isa = resources.isa,
                            .budget = resources.budget};
  auto payload = encode_decoded_picture(*found, shape, options, [&](ByteSpan list) {
    const EncodedBlock block = encode_reconstruction_data(list, resources);
    Bytes coded{block.codec};
    append_bytes(coded, block.payload);
    return coded;
  });
  if (!payload.ok()) return out;
  out.payload = std::move(*payload);
  out.doubtful = found->exceptions.size() > size_t(picture.width) * picture.height / kDoubtfulOf;
  return out;
}

Result<std::vector<Bytes>> encode_tiles(const Picture& picture, size_t file_bytes, ImageEffort effort,
                                        const PixelNetwork& network, const BlockResources& resources) {
  const Grid grid(picture);
  Budget::Lease lease;
  LMC_ASSIGN(const auto sharing, share(picture, grid.count(), resources.threads, resources.budget, lease));
  InOrder<Bytes> jobs(sharing.tiles, [] {});
  std::vector<Bytes> tiles;
  const auto take = [&] {
    tiles.push_back(jobs.take());
    if (resources.progress) resources.progress(file_bytes * tiles.size() / grid.count());
  };
  for (size_t i = 0; i < grid.count(); ++i) {
    while (!jobs.has_room(1)) take();
    const Region tile = grid.tile(i);
    const TileResources with{.network = &network, .isa = resources.isa, .threads = sharing.planes};
    jobs.submit(1, [&picture, tile, effort, with] {
      const TileSamples samples = cut(picture, tile);
      const TileShape shape = shape_of(picture, tile);
      return encode_tile(shape, samples, tile_effort(effort, tile_look(picture, shape, samples)), with);
    });
  }
  while (!jobs.empty()) take();
  return tiles;
}

// The samples of a picture, coded.
struct CodedPicture {
  uint8_t profile = kTiles;
  Bytes sizes, payload;  // of tiles
};

Result<CodedPicture> encode_picture(const Picture& picture, size_t file_bytes, const LevelRow& level,
                                    const PixelNetwork& network, const BlockResources& resources) {
  DecodedTry decoded = try_decoded(picture, level.thorough_jpeg, resources);
  CodedPicture as_decoded{kDecodedJpeg, {}, std::move(decoded.payload)};
  if (!as_decoded.payload.empty() && !decoded.doubtful) return as_decoded;
  const auto tiles = encode_tiles(picture, file_bytes, level.images, network, resources);
  if (!tiles.ok() && !as_decoded.payload.empty()) return as_decoded;
  if (!tiles.ok()) return tiles.error();
  CodedPicture out;
  for (const Bytes& tile : *tiles) append_varint(out.sizes, tile.size());
  for (const Bytes& tile : *tiles) append_bytes(out.payload, tile);
  const bool decoded_is_less =
      !as_decoded.payload.empty() && as_decoded.payload.size() < out.sizes.size() + out.payload.size();
  return decoded_is_less ? as_decoded : out;
}

}  // namespace

TileEffort tile_effort(ImageEffort effort, TileLook look) {
  TileEffort out;
  const bool synthetic = look == TileLook::kSynthetic, photographed = look == TileLook::kPhotographed;
  const bool squares = effort >= ImageEffort::kLeastSquares;
  out.mixing = effort >= ImageEffort::kGated || !photographed;
  out.light = out.gating = effort == ImageEffort::kGated && photographed;
  out.contexts = !out.mixing ? 0 : synthetic || squares ? kPixelContexts : out.light ? kLightContexts : kPhotoContexts;
  out.synthetic = synthetic;
  out.least_squares = squares;
  out.ensemble = effort >= ImageEffort::kEnsemble;
  return out;
}

bool begins_like_image(ByteSpan start) { return find_image_format(start) != nullptr; }

FileLength image_length(ByteSpan start) {
  const FormatRow* const format = find_image_format(start);
  return format != nullptr && format->length != nullptr ? format->length(start) : FileLength{};
}

Status check_image(ByteSpan file) {
  const FormatRow* const format = find_image_format(file);
  if (format == nullptr) return bad_input("its content is no image");
  LMC_TRY(parse_image(format->format, file));
  return Ok();
}

Result<EncodedBlock> encode_image(ByteSpan file, const LevelRow& level, const BlockResources& resources) {
  const auto format = guess_image_format(file);
  if (!format) return bad_input("its content is no image");
  LMC_ASSIGN(const auto network, load_network(resources));
  LMC_ASSIGN(auto parsed, read_image(*format, file, resources.budget));
  const Picture& picture = parsed.picture;
  // How a PNG's encoder worked is found out while the pixels are coded.
  InOrder<Status> finishing(resources.threads, [] {});
  Budget::Lease memory;
  if (parsed.make_side && resources.threads > 1) {
    auto taken = Budget::take(resources.budget, finish_memory_bytes(picture, file.size()), describe(picture));
    if (taken.ok()) {
      memory = std::move(*taken);
      finishing.submit(1, [&] { return finish_image(*format, file, parsed); });
    }
  }
  if (finishing.empty()) LMC_TRY(finish_image(*format, file, parsed, resources.budget));
  const auto coded = encode_picture(picture, file.size(), level, *network, resources);
  if (!finishing.empty()) LMC_TRY(finishing.take());
  LMC_TRY(coded);
  const EncodedBlock side = encode_reconstruction_data(parsed.side, resources);
  Bytes out{coded->profile, uint8_t(*format)};
  append_varint(out, picture.width);
  append_varint(out, picture.height);
  out.push_back(uint8_t(picture.channels));
  out.push_back(uint8_t(picture.bits | (picture.indexed ? kIndexedBit : 0)));
  append_varint(out, parsed.side.size());
  out.push_back(side.codec);
  append_varint(out, side.payload.size());
  append_bytes(out, coded->sizes);
  append_bytes(out, side.payload);
  append_bytes(out, coded->payload);
  return EncodedBlock{kImage, std::move(out), {resources.model(ModelNeed::kPixels)}};
}

Result<size_t> try_image(ByteSpan file, const std::function<TileEffort(TileLook)>& effort_of,
                         const BlockResources& resources) {
  LMC_ASSIGN(const auto network, load_network(resources));
  const auto format = guess_image_format(file);
  if (!format) return bad_input("no image of a kind that lmc takes apart");
  LMC_ASSIGN(const auto parsed, parse_image(*format, file));
  const Picture& picture = parsed.picture;
  const Grid grid(picture);
  size_t bytes = 0;
  for (size_t i = 0; i < grid.count(); ++i) {
    const TileSamples samples = cut(picture, grid.tile(i));
    const TileShape shape = shape_of(picture, grid.tile(i));
    bytes += encode_tile(shape, samples, effort_of(tile_look(picture, shape, samples)),
                         {.network = network.get(), .isa = resources.isa, .threads = resources.threads})
                 .size();
  }
  return bytes;
}

Result<Bytes> decode_image(ByteSpan payload, size_t raw_size_bytes, const BlockResources& resources) {
  LMC_ASSIGN(const auto layout, read_layout(payload));
  Picture picture = layout.picture;
  LMC_TRY(check_image_fits_file(layout.format, picture, raw_size_bytes));
  if (layout.side_bytes > most_image_side_bytes(layout.format, picture, raw_size_bytes))
    return damaged("too much reconstruction data");
  LMC_ASSIGN(const auto memory,
             Budget::take(resources.budget, picture.size_bytes() + layout.side_bytes, describe(picture)));
  picture.samples.resize(picture.size_bytes());
  const Region all{0, 0, picture.width, picture.height};
  LMC_TRY(decode_tiles(layout, all, picture, resources, raw_size_bytes));
  LMC_ASSIGN(const auto side,
             decode_reconstruction_data(layout.side_codec, layout.side, layout.side_bytes, "image block", resources));
  LMC_ASSIGN(
      const auto rebuilding,
      Budget::take(resources.budget, rebuild_memory_bytes(layout.format, picture, side, raw_size_bytes),
                   "writing the " + std::string(image_format_name(layout.format)) + " file of " + describe(picture)));
  auto file = rebuild_image(layout.format, side, picture, raw_size_bytes);
  LMC_TRY(file);
  if (file->size() != raw_size_bytes)
    return damaged("the file comes to " + std::to_string(file->size()) + " bytes instead of " +
                   std::to_string(raw_size_bytes));
  return file;
}

Result<Picture> decode_image_pixels(ByteSpan payload, const std::optional<Region>& region,
                                    const BlockResources& resources) {
  LMC_ASSIGN(const auto layout, read_layout(payload));
  Picture picture = layout.picture;
  const Region wanted = region.value_or(Region{0, 0, picture.width, picture.height});
  LMC_TRY(check_region(picture, wanted));
  LMC_ASSIGN(const auto memory, Budget::take(resources.budget, 2 * uint64_t(picture.size_bytes()), describe(picture)));
  picture.samples.resize(picture.size_bytes());
  LMC_TRY(decode_tiles(layout, wanted, picture, resources, 0));
  return region ? crop(picture, wanted) : picture;
}

Result<Picture> crop_picture(const Picture& picture, const Region& region) {
  LMC_TRY(check_region(picture, region));
  return crop(picture, region);
}

Result<ImageSummary> read_image_summary(ByteSpan payload) {
  ByteReader reader(payload);
  Layout layout;
  LMC_TRY(read_shape(reader, layout));
  return ImageSummary{layout.format,           layout.picture.width, layout.picture.height,
                      layout.picture.channels, layout.picture.bits,  layout.picture.indexed};
}

std::string describe_image(ByteSpan payload) {
  const auto image = read_image_summary(payload);
  if (!image.ok()) return {};
  return std::string(image_format_name(image->format)) + " " + std::to_string(image->width) + "x" +
         std::to_string(image->height) + ", " + std::to_string(image->channels) + " channel" +
         (image->channels > 1 ? "s" : "") + " of " + std::to_string(image->bits) + " bits" +
         (image->indexed ? ", palette indices" : "");
}

Result<std::vector<float>> image_costs(const Picture& picture, ImageEffort effort, const BlockResources& resources) {
  LMC_ASSIGN(const auto network, load_network(resources));
  std::vector<float> out(size_t(picture.width) * picture.height);
  const Grid grid(picture);
  for (size_t i = 0; i < grid.count(); ++i) {
    const Region tile = grid.tile(i);
    const TileSamples samples = cut(picture, tile);
    const TileShape shape = shape_of(picture, tile);
    const TileResources with{.network = network.get(), .isa = resources.isa, .threads = resources.threads};
    std::vector<float> costs;
    encode_tile(shape, samples, tile_effort(effort, tile_look(picture, shape, samples)), with, &costs);
    for (size_t n = 0; n < costs.size(); ++n) {
      const size_t pixel = n / size_t(picture.channels);
      out[(tile.y + pixel / tile.width) * picture.width + tile.x + pixel % tile.width] += costs[n];
    }
  }
  return out;
}

}  // namespace lmc
