#include "train/pixel_corpus.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include "lmc/base/io.h"
#include "lmc/media/image/image_file.h"

namespace lmc::train {
namespace {

constexpr size_t kInARow = 16;  // samples drawn from one image at a time

// How much each kind of image, told by the start of its name, counts.
const std::map<std::string, double> kShares = {{"photo", 0.78},     {"gray", 0.05}, {"gray16", 0.04},
                                               {"rgb16", 0.02},     {"sci8", 0.03}, {"graphics", 0.05},
                                               {"screenshot", 0.03}};

// turn: 1 mirrors left and right, 2 top and bottom, 4 swaps the axes.
PixelImage make_image(const Picture& picture, const std::string& name, int turn) {
  constexpr int kOrder[] = {1, 0, 2};
  const int planes = picture.channels >= 3 ? 3 : 1;
  PixelImage out{name, picture.bits > 8 ? 16 : 8, {}};
  const int picture_width = int(picture.width), picture_height = int(picture.height);
  const int width = turn & 4 ? picture_height : picture_width, height = turn & 4 ? picture_width : picture_height;
  for (int p = 0; p < planes; ++p) {
    const int channel = planes == 3 ? kOrder[p] : 0;
    PaddedPlane& plane = out.planes.emplace_back(width, height, out.bits);
    for (int y = 0; y < height; ++y) {
      plane.begin_row(y);
      for (int x = 0; x < width; ++x) {
        int sx = turn & 4 ? y : x, sy = turn & 4 ? x : y;
        if (turn & 1) sx = picture_width - 1 - sx;
        if (turn & 2) sy = picture_height - 1 - sy;
        const size_t place = (size_t(sy) * picture.width + size_t(sx)) * size_t(picture.channels) + size_t(channel);
        const uint8_t* sample = picture.samples.data() + place * picture.sample_bytes();
        plane.set(x, y, picture.sample_bytes() == 1 ? sample[0] : uint16_t(sample[0] | sample[1] << 8));
      }
      plane.end_row(y);
    }
  }
  return out;
}

struct Place {
  const uint16_t* own;
  std::array<const uint16_t*, 2> earlier;
};

Place place_of(const PixelImage& image, PlaneRole role, int x, int y) {
  Place out{image.planes[size_t(role)].row(y) + x, {}};
  for (size_t p = 0; p < size_t(role); ++p) out.earlier[p] = image.planes[p].row(y) + x;
  return out;
}

// Returns the mean difference within the surroundings.
float fill(const Neighbourhood& neighbourhood, const Place& place, int bits, PixelBatch& batch, size_t i) {
  int16_t inputs[kPixelInputs];
  const auto normal = neighbourhood.gather(place.own, place.earlier, inputs);
  for (size_t k = 0; k < kPixelInputs; ++k) batch.inputs[i * kPixelInputs + k] = float(inputs[k]) * (1.0f / kInputUnit);
  batch.centres[i] = normal.centre;
  batch.scales[i] = normal.scale;
  batch.values[i] = float(*place.own);
  batch.peaks[i] = float((1 << bits) - 1);
  return normal.scale;
}

}  // namespace

void PixelBatch::resize(size_t count) {
  inputs.resize(count * kPixelInputs);
  centres.resize(count), scales.resize(count), values.resize(count), peaks.resize(count);
}

Result<PixelCorpus> PixelCorpus::load(const std::string& folder, bool turned) {
  std::vector<std::string> paths;
  std::error_code error;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, error)) {
    const std::string suffix = entry.path().extension();
    if (suffix == ".ppm" || suffix == ".pgm" || suffix == ".pam") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  if (paths.empty()) return bad_input("no .pgm, .ppm or .pam files in " + folder);
  PixelCorpus out;
  std::map<std::string, Group> groups[kPlaneRoles];
  for (const std::string& path : paths) {
    const auto file = read_file(path);
    if (!file.ok()) return file.error();
    const auto format = guess_image_format(*file);
    if (!format) return bad_input(path + ": no image of a kind that lmc takes apart");
    const auto parsed = parse_image(*format, *file);
    if (!parsed.ok()) return bad_input(path + ": " + parsed.error().message);
    const Picture& picture = parsed->picture;
    const std::string name = std::filesystem::path(path).stem();
    const auto share = kShares.find(name.substr(0, name.find('_')));
    for (int turn = 0; turn < (turned ? 8 : 1); ++turn) {
      for (size_t role = 0; role < (picture.channels >= 3 ? 3 : 1); ++role) {
        Group& group = groups[role][name.substr(0, name.find('_'))];
        group.share = share == kShares.end() ? 0.05 : share->second;
        group.images.push_back(out.images_.size());
        const double before = group.pixels.empty() ? 0 : group.pixels.back();
        group.pixels.push_back(before + double(picture.width) * picture.height);
      }
      out.images_.push_back(make_image(picture, name, turn));
    }
  }
  for (size_t role = 0; role < kPlaneRoles; ++role)
    for (auto& [name, group] : groups[role]) out.groups_[role].push_back(std::move(group));
  return out;
}

void PixelCorpus::draw(PlaneRole role, std::mt19937_64& random, size_t begin, size_t end, PixelBatch& batch) const {
  const auto& groups = groups_[size_t(role)];
  double shares = 0;
  for (const Group& group : groups) shares += group.share;
  const auto uniform = [&](double below) { return std::uniform_real_distribution<double>(0, below)(random); };
  for (size_t i = begin; i < end;) {
    double pick = uniform(shares);
    size_t g = 0;
    while (g + 1 < groups.size() && pick >= groups[g].share) pick -= groups[g++].share;
    const Group& group = groups[g];
    const double place = uniform(group.pixels.back());
    const size_t chosen =
        size_t(std::upper_bound(group.pixels.begin(), group.pixels.end(), place) - group.pixels.begin());
    const PixelImage& image = images_[group.images[std::min(chosen, group.images.size() - 1)]];
    const PaddedPlane& plane = image.planes[size_t(role)];
    const Neighbourhood neighbourhood(role, plane.stride(), image.bits);
    for (size_t k = 0; k < kInARow && i < end; ++k) {
      const int x = int(uniform(plane.width())), y = int(uniform(plane.height()));
      const float scale = fill(neighbourhood, place_of(image, role, x, y), image.bits, batch, i);
      if (scale > Neighbourhood::kLeastScale || uniform(1.0) < 0.15) ++i;
    }
  }
}

size_t PixelCorpus::rows_of(const PixelImage& image, PlaneRole role, int y, int rows, PixelBatch& batch) {
  const PaddedPlane& plane = image.planes[size_t(role)];
  rows = std::min(rows, plane.height() - y);
  batch.resize(size_t(rows) * size_t(plane.width()));
  const Neighbourhood neighbourhood(role, plane.stride(), image.bits);
  for (int row = 0; row < rows; ++row)
    for (int x = 0; x < plane.width(); ++x)
      fill(neighbourhood, place_of(image, role, x, y + row), image.bits, batch,
           size_t(row) * size_t(plane.width()) + size_t(x));
  return batch.values.size();
}

}  // namespace lmc::train
