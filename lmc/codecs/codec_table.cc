// The rows. A program with further codecs (tests/toy_codec) links a table of its own in place of this file.
#include "lmc/codecs/codec_rows.h"

namespace lmc {

std::span<const CodecRow> codec_table() {
  static constexpr CodecRow kRows[] = {LMC_CODEC_ROWS};
  return kRows;
}

}  // namespace lmc
