// Tar archives for the tests.
#ifndef LMC_PIPELINE_TAR_TEST_SUPPORT_H_
#define LMC_PIPELINE_TAR_TEST_SUPPORT_H_

#include <algorithm>
#include <cstdio>
#include <string>

#include "lmc/base/bytes.h"

namespace lmc {

// A ustar header, content of that size, padding.
inline void add_tar_file(Bytes& out, const std::string& name, const Bytes& content) {
  Bytes header(512);
  std::copy(name.begin(), name.end(), header.begin());
  const auto put = [&](size_t at, const char* format, unsigned long value) {
    char text[16];
    const int length = std::snprintf(text, sizeof text, format, value);
    std::copy_n(text, length, header.begin() + long(at));
  };
  put(124, "%011lo", content.size());
  put(257, "ustar%lo", 0);
  unsigned long sum = 8 * ' ';
  for (size_t i = 0; i < 512; ++i) sum += i >= 148 && i < 156 ? 0 : header[i];
  put(148, "%06lo", sum);
  append_bytes(out, header);
  append_bytes(out, content);
  out.resize((out.size() + 511) / 512 * 512);
}

}  // namespace lmc

#endif  // LMC_PIPELINE_TAR_TEST_SUPPORT_H_
