// DecodedPicture::find: luma, chroma, then luma once more where its bounds depended on chroma. Only the encoder's.
#include <algorithm>

#include "lmc/coefficients/decoded/chroma_search.h"
#include "lmc/coefficients/decoded/dct_search.h"
#include "lmc/coefficients/decoded/decoded_picture.h"
#include "lmc/samples/image/chroma_fit.h"

namespace lmc {
namespace {

constexpr size_t kSampledBlocks = 200, kStepBlocks = 4000;
constexpr size_t kFewestBlocks = 4;  // wholly known ones that tell steps
constexpr int kFewEvident = 8;
constexpr int kFewestEvident = 4;     // frequencies, of a decoded picture
constexpr size_t kLooks = 4096;       // pixels whose colour is tried first
constexpr size_t kStrayOf = 100;      // one of so many may not be of the lattice
constexpr size_t kGoodOf = 25;        // with so few no other grid is tried
constexpr size_t kWrongBlocksOf = 3;  // of the blocks of luma, at first
constexpr int kAside = 4, kSlack = 6, kRounds = 3;
constexpr size_t kGainOf = 4;  // a round must leave so much fewer wrong pixels
constexpr ColourMaking kJpeg = ColourMaking::kJpeg;

Rgb rgb_at(const TileSamples& samples, size_t pixel) {
  const uint16_t* at = samples.data() + pixel * 3;
  return {uint8_t(at[0]), uint8_t(at[1]), uint8_t(at[2])};
}

bool looks_made(const TileSamples& samples) {
  const size_t pixels = samples.size() / 3, stride = std::max<size_t>(1, pixels / kLooks) | 1;
  size_t looked = 0, misses = 0;
  for (size_t pixel = 0; pixel < pixels; pixel += stride) {
    const Rgb rgb = rgb_at(samples, pixel);
    if (!is_inside(rgb)) continue;
    ++looked;
    misses += !chroma_of(kJpeg, rgb, grey_chroma(kJpeg));
    if (misses > 8 && misses > looked / kStrayOf) return false;
  }
  return looked > 0;
}

// What chroma lifts red, or blue, above luma.
struct Lifts {
  std::array<std::array<int, 256>, 2> of;  // blue, red

  Lifts() {
    for (int value = 0; value < 256; ++value) {
      const int luma = value < 128 ? 255 : 0;
      of[0][size_t(value)] = rgb_of(kJpeg, luma, value, 128)[2] - luma;
      of[1][size_t(value)] = rgb_of(kJpeg, luma, 128, value)[0] - luma;
    }
  }
};

class PictureSearch {
 public:
  PictureSearch(const TileShape& shape, const TileSamples& samples, Workers& workers)
      : shape_(shape),
        samples_(samples),
        workers_(workers),
        width_(size_t(shape.width)),
        pixels_(width_ * size_t(shape.height)),
        luma_(shape.width, shape.height) {}

  std::optional<DecodedPicture> run() {
    if (shape_.channels == 3 && !looks_made(samples_)) return std::nullopt;
    if (shape_.channels == 1)
      bound_grey();
    else
      find_colours();
    if (!has_steps(kSampledBlocks)) return std::nullopt;
    if (shape_.channels == 1) return with_grid({});
    std::optional<DecodedPicture> best;
    for (const ChromaGrid& grid : {guess_grid(field_), ChromaGrid{}, ChromaGrid{.half_x = true, .half_y = true}}) {
      if (grid.odd_x || grid.odd_y) continue;
      auto found = PictureSearch(*this).with_grid(grid);
      if (found && (!best || found->exceptions.size() < best->exceptions.size())) best = std::move(found);
      if (best && best->exceptions.size() <= pixels_ / kGoodOf) break;
    }
    return best;
  }

 private:
  std::optional<DecodedPicture> with_grid(const ChromaGrid& grid) {
    out_.grid = grid;
    if (shape_.channels == 3) {
      guess_chroma();
      for (size_t pixel = 0; pixel < pixels_; ++pixel)
        if (!is_inside(field_.colours[pixel])) bound_luma(pixel, kSlack);
    }
    out_.lay_out(shape_);
    if (!find_luma()) return std::nullopt;
    if (shape_.channels == 3) {
      bool fits = find_chroma();
      for (int round = 0; round < kRounds && fits && improve_luma(); ++round) fits = find_chroma();
      if (!fits) return std::nullopt;
    }
    if (!list_exceptions()) return std::nullopt;
    return std::move(out_);
  }

  void bound_grey() {
    for (size_t pixel = 0; pixel < pixels_; ++pixel) luma_.know(pixel, samples_[pixel]);
  }

  // Luma and chroma of all colours that are made of one pair only.
  void find_colours() {
    field_.width = shape_.width, field_.height = shape_.height;
    field_.colours.resize(pixels_), field_.chroma.resize(pixels_), field_.sure.resize(pixels_);
    certain_.resize(pixels_);
    Chroma near = grey_chroma(kJpeg);
    for (size_t pixel = 0; pixel < pixels_; ++pixel) {
      const Rgb rgb = field_.colours[pixel] = rgb_at(samples_, pixel);
      if (pixel % width_ == 0 && pixel > 0) near = field_.chroma[pixel - width_];
      const auto found = chroma_of(kJpeg, rgb, near);
      field_.sure[pixel] = found && is_inside(rgb);
      near = field_.chroma[pixel] = found.value_or(near);
    }
    workers_.run(uint32_t(shape_.height), [&](uint32_t y) {
      for (size_t pixel = y * width_; pixel < (y + 1) * width_; ++pixel)
        if (field_.sure[pixel]) know_luma(pixel);
    });
  }

  // Some colours are made of two or three triples that lie side by side.
  void know_luma(size_t pixel) {
    const Rgb& rgb = field_.colours[pixel];
    const Chroma& found = field_.chroma[pixel];
    const int luma = luma_range(kJpeg, rgb, found.blue, found.red).low;
    luma_.know(pixel, luma);
    certain_[pixel] = 1;
    for (const auto& [blue, red] :
         {std::pair{-kAside, -kAside}, {-kAside, kAside}, {kAside, -kAside}, {kAside, kAside}}) {
      const auto other = chroma_of(kJpeg, rgb, {found.blue + blue, found.red + red});
      if (!other || (other->blue == found.blue && other->red == found.red)) continue;
      const int with = luma_range(kJpeg, rgb, other->blue, other->red).low;
      luma_.low[pixel] = uint8_t(std::min(int(luma_.low[pixel]), with));
      luma_.high[pixel] = uint8_t(std::max(int(luma_.high[pixel]), with));
      certain_[pixel] = 0;
    }
  }

  bool has_steps(size_t most_blocks) {
    const FoundSteps found = find_steps({&luma_}, most_blocks);
    steps_[0] = found.steps;

    return found.blocks >= kFewestBlocks && found.evident >= kFewestEvident;
  }

  int own_width() const { return out_.grid.half_x ? (shape_.width + 1) / 2 : shape_.width; }
  int own_height() const { return out_.grid.half_y ? (shape_.height + 1) / 2 : shape_.height; }

  // Chroma at pixels that are not sure, and the component's samples where they were smoothly doubled.
  void guess_chroma() {
    for (BoundedPlane& plane : chroma_) plane = BoundedPlane(own_width(), own_height());
    if (!out_.grid.smooth) return;
    const ChromaFit fit = fit_chroma(field_, out_.grid, 0);
    const int grid_width = out_.grid.width(shape_.width);
    for (size_t which = 0; which < 2; ++which)
      for (int y = 0; y < own_height(); ++y)
        for (int x = 0; x < own_width(); ++x)
          chroma_[which].know(
              size_t(y) * size_t(own_width()) + size_t(x),
              fit.planes[which][size_t(y + out_.grid.half_y) * size_t(grid_width) + size_t(x + out_.grid.half_x)]);
    for (size_t pixel = 0; pixel < pixels_; ++pixel) {
      const ChromaTaps taps = chroma_taps(out_.grid, grid_width, int(pixel % width_), int(pixel / width_));
      const Chroma made{chroma_at(taps, fit.planes[0]), chroma_at(taps, fit.planes[1])};
      if (certain_[pixel] && made.blue == field_.chroma[pixel].blue && made.red == field_.chroma[pixel].red) continue;
      if (!certain_[pixel]) field_.chroma[pixel] = made;
      for (size_t i = 0; i < 4; ++i) {  // samples that may be wrong
        const int x = std::clamp(int(taps.places[i]) % grid_width - int(out_.grid.half_x), 0, own_width() - 1);
        const int y = std::clamp(int(taps.places[i]) / grid_width - int(out_.grid.half_y), 0, own_height() - 1);
        const size_t own = size_t(y) * size_t(own_width()) + size_t(x);
        for (BoundedPlane& plane : chroma_) plane.low[own] = 0, plane.high[own] = 255;
      }
    }
  }

  // Where luma is not sure: what field_.chroma makes possible, and so much on either side.
  void bound_luma(size_t pixel, int slack) {
    const Chroma& chroma = field_.chroma[pixel];
    LumaRange range = luma_range(kJpeg, field_.colours[pixel], chroma.blue, chroma.red);
    if (range.low > range.high) std::swap(range.low, range.high);
    luma_.low[pixel] = uint8_t(std::clamp(range.low - slack, 0, 255));
    luma_.high[pixel] = uint8_t(std::clamp(range.high + slack, 0, 255));
    luma_.hoped[pixel] = uint8_t(std::clamp((range.low + range.high) / 2, 0, 255));
  }

  bool find_luma() {
    if (!has_steps(kStepBlocks)) return false;
    luma_blocks_ = find_blocks(luma_, steps_[0], workers_);
    size_t wrong = 0;
    for (uint8_t count : luma_blocks_.wrong) wrong += count > 0;
    if (luma_blocks_.wrong.empty() || wrong > luma_blocks_.wrong.size() / kWrongBlocksOf) return false;
    place(0, luma_blocks_, luma_);
    return true;
  }

  // Coefficients into the frame; blocks behind the component's last are as flat as the one before.
  void place(size_t which, const FoundBlocks& found, const BoundedPlane& plane) {
    JpegComponent& component = out_.frame.components[which];
    component.quantisation = steps_[which];
    const auto across = uint32_t(plane.blocks_across()), down = uint32_t(plane.blocks_down());
    for (uint32_t y = 0; y < component.blocks_down; ++y)
      for (uint32_t x = 0; x < component.blocks_across; ++x) {
        int16_t* to = out_.coefficients[which].data() + (size_t(y) * component.blocks_across + x) * 64;
        const uint32_t from_x = std::min(x, across - 1), from_y = std::min(y, down - 1);
        const int16_t* from = found.coefficients.data() + (size_t(from_y) * across + from_x) * 64;
        std::fill_n(to, 64, int16_t(0));
        std::copy_n(from, x < across && y < down ? 64 : 1, to);
      }
  }

  // Bounds of the chroma of each pixel, from what luma was found.
  BoundedPlane bound_chroma(size_t which, const TileSamples& luma) const {
    static const Lifts lifts;
    const auto& lift = lifts.of[which];
    BoundedPlane out(shape_.width, shape_.height);
    for (size_t pixel = 0; pixel < pixels_; ++pixel) {
      const int sure = which == 0 ? field_.chroma[pixel].blue : field_.chroma[pixel].red;
      out.hoped[pixel] = uint8_t(std::clamp(sure, 0, 255));
      if (certain_[pixel]) {
        out.know(pixel, sure);
        continue;
      }
      const int sample = field_.colours[pixel][which == 0 ? 2 : 0], above = sample - luma[pixel];
      const auto low = sample == 0 ? lift.begin() : std::lower_bound(lift.begin(), lift.end(), above);
      const auto high = sample == 255 ? lift.end() : std::upper_bound(lift.begin(), lift.end(), above);
      if (low >= high) continue;
      out.low[pixel] = uint8_t(low - lift.begin()), out.high[pixel] = uint8_t(high - lift.begin() - 1);
      out.hoped[pixel] = std::clamp(out.hoped[pixel], out.low[pixel], out.high[pixel]);
    }
    return out;
  }

  TileSamples made_luma() const {
    DecodedPicture grey;
    TileShape shape = shape_;
    shape.channels = 1;
    grey.frame.components = {out_.frame.components[0]};
    grey.coefficients = {out_.coefficients[0]};
    return grey.samples(shape);
  }

  // Of samples that were repeated: what all their pixels allow.
  BoundedPlane gather(const BoundedPlane& pixels) const {
    BoundedPlane own(own_width(), own_height());
    std::vector<uint8_t> seen(own.count());
    for (size_t pixel = 0; pixel < pixels_; ++pixel) {
      const size_t x = pixel % width_ >> int(out_.grid.half_x), y = pixel / width_ >> int(out_.grid.half_y);
      const size_t at = y * size_t(own.width) + x;
      const uint8_t low = std::max(own.low[at], pixels.low[pixel]), high = std::min(own.high[at], pixels.high[pixel]);
      if (low <= high) own.low[at] = low, own.high[at] = high;
      if (!seen[at] || certain_[pixel]) own.hoped[at] = pixels.hoped[pixel];
      own.hoped[at] = std::clamp(own.hoped[at], own.low[at], own.high[at]);
      seen[at] = 1;
    }
    return own;
  }

  // Where chroma says little of its steps, they are probably those that go with the standard ones of luma.
  DctSteps chroma_steps() const {
    const FoundSteps found = find_steps({&chroma_[0], &chroma_[1]}, kStepBlocks);
    for (int quality = 1; quality <= 100 && found.evident <= kFewEvident; ++quality) {
      if (standard_steps(false, quality) != steps_[0]) continue;
      const DctSteps steps = standard_steps(true, quality);
      bool fits = true;
      for (size_t i = 0; i < 64; ++i) fits &= !found.is_evident[i] || found.steps[i] % steps[i] == 0;
      if (fits) return steps;
    }
    return found.steps;
  }

  bool find_chroma() {
    const TileSamples luma = made_luma();
    std::array<BoundedPlane, 2> pixels{BoundedPlane(0, 0), BoundedPlane(0, 0)};
    workers_.run(2, [&](uint32_t which) {
      pixels[which] = bound_chroma(which, luma);
      if (!out_.grid.smooth) chroma_[which] = gather(pixels[which]);
    });
    steps_[1] = steps_[2] = chroma_steps();
    std::array<FoundBlocks, 2> found;
    if (out_.grid.smooth)
      workers_.run(2, [&](uint32_t which) {
        found[which] = find_smooth_blocks(pixels[which], out_.grid, chroma_[which], steps_[which + 1]);
      });
    for (size_t which = 0; which < 2; ++which) {
      if (!out_.grid.smooth) found[which] = find_blocks(chroma_[which], steps_[which + 1], workers_);
      if (found[which].wrong.empty()) return false;
      place(which + 1, found[which], chroma_[which]);
    }
    return true;
  }

  // Luma again in blocks with wrong pixels, within what the chroma that was found makes possible. Whether there are
  // any.
  bool improve_luma() {
    const TileSamples made = out_.samples(shape_);
    std::vector<uint8_t> wrong(luma_blocks_.wrong.size());
    const auto block_of = [&](size_t pixel) {
      return pixel / width_ / 8 * size_t(luma_.blocks_across()) + pixel % width_ / 8;
    };
    size_t count = 0;
    for (size_t pixel = 0; pixel < pixels_; ++pixel)
      if (rgb_at(made, pixel) != field_.colours[pixel]) ++count, wrong[block_of(pixel)] = 1;
    if (count == 0 || count > wrong_pixels_ - wrong_pixels_ / kGainOf) return false;
    wrong_pixels_ = count;
    const std::vector<uint16_t> blue = out_.plane(1, shape_), red = out_.plane(2, shape_), luma = out_.plane(0, shape_);
    const int grid_width = out_.grid.width(shape_.width);
    for (size_t pixel = 0; pixel < pixels_; ++pixel) {
      if (certain_[pixel] || !wrong[block_of(pixel)]) continue;
      const ChromaTaps taps = chroma_taps(out_.grid, grid_width, int(pixel % width_), int(pixel / width_));
      field_.chroma[pixel] = {chroma_at(taps, blue), chroma_at(taps, red)};
      bound_luma(pixel, 0);
      luma_.hoped[pixel] = std::clamp(uint8_t(luma[pixel]), luma_.low[pixel], luma_.high[pixel]);
    }
    std::vector<size_t> blocks;
    for (size_t block = 0; block < wrong.size(); ++block)
      if (wrong[block]) blocks.push_back(block);
    workers_.run(uint32_t(blocks.size()), [&](uint32_t i) {
      const size_t block = blocks[i], across = size_t(luma_.blocks_across());
      luma_blocks_.wrong[block] = 255;
      find_block(luma_, steps_[0], int(block % across), int(block / across), luma_blocks_);
    });
    place(0, luma_blocks_, luma_);
    return true;
  }

  bool list_exceptions() {
    const TileSamples made = out_.samples(shape_);
    const auto channels = size_t(shape_.channels);
    for (size_t pixel = 0; pixel < pixels_; ++pixel) {
      const uint16_t* at = samples_.data() + pixel * channels;
      if (std::equal(at, at + channels, made.data() + pixel * channels)) continue;
      out_.exceptions.push_back(
          {uint32_t(pixel), {uint8_t(at[0]), uint8_t(at[channels / 2]), uint8_t(at[channels - 1])}});
      if (out_.exceptions.size() > pixels_ / DecodedPicture::kExceptionsOf) return false;
    }
    return true;
  }

  const TileShape shape_;
  const TileSamples& samples_;
  Workers& workers_;
  const size_t width_, pixels_;
  ColourField field_;
  std::vector<uint8_t> certain_;  // pixels whose colour only one triple of luma and chroma makes
  BoundedPlane luma_;
  std::array<BoundedPlane, 2> chroma_{BoundedPlane(0, 0), BoundedPlane(0, 0)};
  size_t wrong_pixels_ = SIZE_MAX;
  std::array<DctSteps, 3> steps_{};
  FoundBlocks luma_blocks_;
  DecodedPicture out_;
};

}  // namespace

std::optional<DecodedPicture> DecodedPicture::find(const TileShape& shape, const TileSamples& samples, int threads) {
  if (!may_be_decoded(shape)) return std::nullopt;
  Workers workers(threads);
  return PictureSearch(shape, samples, workers).run();
}

}  // namespace lmc
