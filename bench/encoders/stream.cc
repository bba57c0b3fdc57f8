// A zlib stream of what comes in at standard input, to standard output, by a library that is chosen when this is
// compiled (bench/png_encoders.py): BY_MINIZ, BY_STB or BY_LODEPNG. The argument is a level, for those that have
// levels.
#include <cstdio>
#include <cstdlib>
#include <vector>

#if defined(BY_MINIZ)
#include "miniz.h"
#elif defined(BY_STB)
#define STB_IMAGE_WRITE_IMPLEMENTATION
#include <stb/stb_image_write.h>
#else
#include <lodepng.h>
#endif

namespace {

using Buffer = std::vector<unsigned char>;

// Empty if it failed.
Buffer compressed(Buffer& data, int level) {
#if defined(BY_MINIZ)
  auto size = mz_compressBound(mz_ulong(data.size()));
  Buffer out(size);
  if (mz_compress2(out.data(), &size, data.data(), mz_ulong(data.size()), level) != MZ_OK) size = 0;
  out.resize(size);
  return out;
#elif defined(BY_STB)
  int size = 0;
  unsigned char* made = stbi_zlib_compress(data.data(), int(data.size()), &size, level);
  return made == nullptr ? Buffer() : Buffer(made, made + size);
#else
  (void)level;
  Buffer out;
  return lodepng::compress(out, data) == 0 ? out : Buffer();
#endif
}

}  // namespace

int main(int argc, char** argv) {
  Buffer data, part(1 << 16);
  for (size_t got; (got = std::fread(part.data(), 1, part.size(), stdin)) > 0;)
    data.insert(data.end(), part.data(), part.data() + got);
  const Buffer out = compressed(data, argc > 1 ? std::atoi(argv[1]) : 8);
  return out.empty() || std::fwrite(out.data(), 1, out.size(), stdout) != out.size() || std::fflush(stdout) != 0;
}
