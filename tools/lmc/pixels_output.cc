#include "tools/lmc/pixels_output.h"

#include <string>

namespace lmc {
namespace {

// Palette numbers to red, green, blue, and alpha if any colour has some.
Picture with_colours(const Pixels& pixels) {
  const Palette& palette = pixels.palette;
  Picture out = pixels.picture;
  out.indexed = false;
  out.bits = 8;
  out.channels = palette.alphas.empty() ? 3 : 4;
  out.samples.clear();
  for (uint8_t number : pixels.picture.samples) {
    for (size_t c = 0; c < 3; ++c) {
      const size_t at = size_t(number) * 3 + c;
      out.samples.push_back(at < palette.colours.size() ? palette.colours[at] : 0);
    }
    if (out.channels == 4) out.samples.push_back(number < palette.alphas.size() ? palette.alphas[number] : 255);
  }
  return out;
}

Bytes write_pnm(const Picture& picture) {
  const std::string size = std::to_string(picture.width) + " " + std::to_string(picture.height);
  const std::string peak = std::to_string((1 << picture.bits) - 1);
  std::string header;
  if (picture.channels == 1 || picture.channels == 3) {
    header = std::string(picture.channels == 1 ? "P5" : "P6") + "\n" + size + "\n" + peak + "\n";
  } else {
    header = "P7\nWIDTH " + std::to_string(picture.width) + "\nHEIGHT " + std::to_string(picture.height) + "\nDEPTH " +
             std::to_string(picture.channels) + "\nMAXVAL " + peak + "\nTUPLTYPE " +
             (picture.channels == 2 ? "GRAYSCALE_ALPHA" : "RGB_ALPHA") + "\nENDHDR\n";
  }
  Bytes out(header.begin(), header.end());
  if (picture.sample_bytes() == 1) {
    append_bytes(out, picture.samples);
    return out;
  }
  for (size_t i = 0; i + 1 < picture.samples.size(); i += 2) {
    out.push_back(picture.samples[i + 1]);  // big-endian
    out.push_back(picture.samples[i]);
  }
  return out;
}

}  // namespace

Result<Bytes> write_pixels(const Pixels& pixels, const std::string& as) {
  if (pixels.picture.indexed && pixels.picture.channels != 1)
    return bad_input("the images of this animation are coded together; they cannot be written as one picture");
  if (as == "png") return write_png(pixels.picture, pixels.palette);
  return write_pnm(pixels.picture.indexed ? with_colours(pixels) : pixels.picture);
}

}  // namespace lmc
