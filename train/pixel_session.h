// A run of pixel-network training: one network a plane role, in turn, from images to a checkpoint, and from there to a
// model file.
#ifndef TRAIN_PIXEL_SESSION_H_
#define TRAIN_PIXEL_SESSION_H_

#include <string>
#include <vector>

#include "lmc/base/result.h"

namespace lmc::train {

struct PixelRun {
  std::string images;      // folder of PNM files
  std::string checkpoint;  // written every two minutes
  bool resume = false;
  std::string from;    // a model file to begin as, grown if it is narrower
  int64_t width = 96;  // of the hidden layers
  int64_t batch = 2048;
  int role = -1;                // train this one only: one process each is the fastest on few cores
  double rate = 3e-3;           // of Adam at its highest
  double minutes = 60;          // budget of trained time, all roles together
  double quantise_share = 0.5;  // last part of the run with weights and hidden units rounded
  uint64_t seed = 1;
  double log_seconds = 30;
};

Status train_pixels(const PixelRun& run);
// Bits per sample of each plane role, over all images of a folder and by kind; quantised as the engine rounds.
Status evaluate_pixels(const std::string& checkpoint, const std::string& images, bool quantised, int only_role = -1);

// The networks of the three roles, each from its own checkpoint (or all from one), as a model file.
Status export_pixels(const std::vector<std::string>& checkpoints, const std::string& name, const std::string& out);

}  // namespace lmc::train

#endif  // TRAIN_PIXEL_SESSION_H_
