// The rows of the table of codecs, in the order of their ids.
#ifndef LMC_CODECS_CODEC_ROWS_H_
#define LMC_CODECS_CODEC_ROWS_H_

#include "lmc/codecs/audio.h"
#include "lmc/codecs/grouped.h"
#include "lmc/codecs/image.h"
#include "lmc/codecs/jpeg.h"
#include "lmc/codecs/mixing.h"
#include "lmc/codecs/stored.h"
#include "lmc/codecs/streams.h"
#include "lmc/codecs/text.h"
#include "lmc/codecs/video.h"

#define LMC_CODEC_ROWS \
  kStoredRow, kMixingRow, kTextRow, kGroupedRow, kImageRow, kJpegRow, kStreamsRow, kAudioRow, kVideoRow

#endif  // LMC_CODECS_CODEC_ROWS_H_
