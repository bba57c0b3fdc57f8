// What the tests of tokenizers share.
#ifndef LMC_TOKENIZE_TOKENIZER_TEST_SUPPORT_H_
#define LMC_TOKENIZE_TOKENIZER_TEST_SUPPORT_H_

#include <gtest/gtest.h>

#include <initializer_list>
#include <string_view>

#include "lmc/tokenize/tokenizer.h"

namespace lmc {

// Texts of these sizes, of random letters of "he", "é", "中", "<b>" and more, come back. Each set of letters is tried.
inline void expect_byte_strings_come_back(const Tokenizer& tokenizer, std::initializer_list<size_t> sizes) {
  uint64_t seed = 11;
  for (const std::string_view letters : {"he \n<b>\xC3\xA9\xE4\xB8\xAD\xFF", "a", " ", "\xE4\xB8", "he\xC3\xA9"})
    for (const size_t size : sizes) {
      Bytes text(size);
      for (uint8_t& byte : text) {
        seed = seed * 6364136223846793005ull + 1442695040888963407ull;
        byte = uint8_t(letters[(seed >> 40) % letters.size()]);
      }
      EXPECT_EQ(tokenizer.decode(tokenizer.encode(text)), text);
    }
}

}  // namespace lmc

#endif  // LMC_TOKENIZE_TOKENIZER_TEST_SUPPORT_H_
