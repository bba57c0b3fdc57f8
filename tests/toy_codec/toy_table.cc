// The table of codecs with one row more, linked in place of lmc/codecs/codec_table.cc.
#include "lmc/codecs/codec_rows.h"
#include "tests/toy_codec/toy_codec.h"

namespace lmc {

std::span<const CodecRow> codec_table() {
  static constexpr CodecRow kRows[] = {LMC_CODEC_ROWS, kToyRow};
  return kRows;
}

}  // namespace lmc
