// The images that the pixel network learns from, and random samples of them.
#ifndef TRAIN_PIXEL_CORPUS_H_
#define TRAIN_PIXEL_CORPUS_H_

#include <random>
#include <string>
#include <vector>

#include "lmc/base/result.h"
#include "lmc/samples/neighbourhood.h"
#include "lmc/samples/padded_plane.h"

namespace lmc::train {

struct PixelImage {
  std::string name;
  int bits = 8;
  std::vector<PaddedPlane> planes;  // in coding order: grey, or green, red, blue
};

// What a network is given of `count` samples, and what they are.
struct PixelBatch {
  std::vector<float> inputs;   // (count, kPixelInputs), 1.0 = kInputUnit
  std::vector<float> centres;  // (count)
  std::vector<float> scales;
  std::vector<float> values;
  std::vector<float> peaks;  // the largest value a sample may have

  void resize(size_t count);
};

class PixelCorpus {
 public:
  // All *.pgm, *.ppm and *.pam below folder; with `turned` in all eight orientations.
  static Result<PixelCorpus> load(const std::string& folder, bool turned);

  const std::vector<PixelImage>& images() const { return images_; }
  // Samples of plane `role`: photographs mostly, a few in a row from each image; flat surroundings seldom.
  void draw(PlaneRole role, std::mt19937_64& random, size_t begin, size_t end, PixelBatch& batch) const;
  // All samples of one plane of one image from row y on, at most `rows` rows. Returns how many samples.
  static size_t rows_of(const PixelImage& image, PlaneRole role, int y, int rows, PixelBatch& batch);

 private:
  struct Group {
    double share;
    std::vector<size_t> images;
    std::vector<double> pixels;  // running sums
  };
  std::vector<PixelImage> images_;
  std::vector<Group> groups_[kPlaneRoles];
};

}  // namespace lmc::train

#endif  // TRAIN_PIXEL_CORPUS_H_
