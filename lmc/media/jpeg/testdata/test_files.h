// The small JPEG files beside this one; testdata/README.md says how they were made.
#ifndef LMC_MEDIA_JPEG_TESTDATA_TEST_FILES_H_
#define LMC_MEDIA_JPEG_TESTDATA_TEST_FILES_H_

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "lmc/base/bytes.h"

namespace lmc {

// All that can be taken apart.
inline std::vector<std::string> jpeg_test_files() {
  return {"baseline_420.jpg", "optimised_444.jpg", "progressive_420.jpg", "progressive_422_restart.jpg", "grey.jpg",
          "restart_411.jpg",  "cmyk.jpg",          "one_pixel.jpg"};
}

inline Bytes read_jpeg_test_file(const std::string& name) {
  std::ifstream in(std::string(LMC_JPEG_TESTDATA) + "/" + name, std::ios::binary);
  return Bytes(std::istreambuf_iterator<char>(in), {});
}

}  // namespace lmc

#endif  // LMC_MEDIA_JPEG_TESTDATA_TEST_FILES_H_
