// lmc explain of a sound file: its waveform, its spectrogram, and the bits it takes over time, as one picture.
#ifndef TOOLS_LMC_EXPLAIN_SOUND_H_
#define TOOLS_LMC_EXPLAIN_SOUND_H_

#include "lmc/codecs/audio.h"
#include "lmc/media/image/image_file.h"

namespace lmc {

// From black over violet and orange to pale yellow, as 3 bytes; share within 0..1.
void append_colour(Bytes& out, float share);

// Time goes to the right. Above the waveform, from the least to the greatest sample of each column; in the middle the
// spectrogram of all channels' mean, 0 Hz below, half the rate above, 90 dB from black to pale yellow; below bits a
// sample, 0 to the most.
Picture draw_sound(const SoundCosts& costs);

}  // namespace lmc

#endif  // TOOLS_LMC_EXPLAIN_SOUND_H_
