// A slow LZW encoder, for tests only: strings as such.
#ifndef LMC_MEDIA_IMAGE_LZW_TEST_SUPPORT_H_
#define LMC_MEDIA_IMAGE_LZW_TEST_SUPPORT_H_

#include "lmc/media/image/lzw_codes.h"

namespace lmc {

struct LzwTestOptions {
  LzwForm form;
  size_t clear_at = 0;  // entries that a decoder has when the table is cleared; 0: never
  bool greedy = true;   // or only pairs of symbols
  bool with_end = true;
};

inline Bytes encode_lzw(ByteSpan symbols, const LzwTestOptions& options) {
  const LzwForm& form = options.form;
  const size_t clear = size_t(1) << form.min_code_bits;
  std::vector<Bytes> strings;
  std::vector<bool> bits;
  int code_bits = form.min_code_bits + 1;
  size_t known = 0, codes = 0;  // known: to the decoder
  const auto write = [&](size_t code) {
    for (int i = 0; i < code_bits; ++i) bits.push_back(code >> (form.high_bits_first ? code_bits - 1 - i : i) & 1);
  };
  const auto reset = [&] {
    write(clear);
    strings.assign(clear + 2, {});
    for (size_t i = 0; i < clear; ++i) strings[i] = {uint8_t(i)};
    code_bits = form.min_code_bits + 1;
    known = clear + 2;
    codes = 0;
  };
  reset();
  for (size_t at = 0; at < symbols.size();) {
    if (codes > 0 && known == options.clear_at) reset();
    size_t best = symbols[at], length = 1;
    for (size_t code = clear + 2; code < strings.size(); ++code) {
      const Bytes& string = strings[code];
      if (string.size() <= length || string.size() > symbols.size() - at || (!options.greedy && string.size() > 2))
        continue;
      if (!std::equal(string.begin(), string.end(), symbols.begin() + ptrdiff_t(at))) continue;
      best = code;
      length = string.size();
    }
    write(best);
    at += length;
    const size_t full = (size_t(1) << code_bits) - size_t(form.grows_early);
    if (codes++ > 0 && known < 4096 && ++known == full && code_bits < 12) ++code_bits;
    if (at < symbols.size() && strings.size() < 4096)
      strings.emplace_back(symbols.begin() + ptrdiff_t(at - length), symbols.begin() + ptrdiff_t(at + 1));
  }
  if (options.with_end) write(clear + 1);
  Bytes bytes((bits.size() + 7) / 8);
  for (size_t i = 0; i < bits.size(); ++i)
    bytes[i / 8] |= uint8_t(bits[i] << (form.high_bits_first ? 7 - i % 8 : i % 8));
  return bytes;
}

}  // namespace lmc

#endif  // LMC_MEDIA_IMAGE_LZW_TEST_SUPPORT_H_
