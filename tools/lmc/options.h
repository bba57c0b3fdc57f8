// The command line of lmc: one table of options, from which the parser, -h, the man page and the shell completion come.
#ifndef TOOLS_LMC_OPTIONS_H_
#define TOOLS_LMC_OPTIONS_H_

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lmc/base/result.h"
#include "lmc/codecs/image.h"
#include "lmc/numerics/isa.h"
#include "lmc/pipeline/compress.h"
#include "lmc/pipeline/read_sound.h"
#include "lmc/pipeline/read_video.h"

namespace lmc {

enum class Mode { kCompress, kDecompress, kTest, kList, kHelp, kFullHelp, kVersion, kManPage, kCompletion, kLevels };

struct Range {
  uint64_t offset_bytes = 0;
  uint64_t size_bytes = 0;
};

struct Options {
  Mode mode = Mode::kCompress;
  std::vector<std::string> inputs;  // "-" is standard input
  std::string output;               // empty: from the input's name
  bool to_stdout = false;
  bool force = false;
  bool remove_source = false;
  bool verify = false;  // decode what was written before it counts as complete
  bool salvage = false;
  std::optional<bool> sparse;  // restored zeros become holes; unset: in files, not on standard output
  std::optional<Range> range;  // only this part of the content
  std::string
      as;  // write the image, sound or video in this form: "png", "pnm", "wav", "y4m"; empty: the file as it was
  std::optional<SoundPart> time;  // only this part of the sound
  std::optional<Region> region;   // only this part of the pixels
  std::optional<RawVideo> video;  // the input is frames of this form
  bool json = false;
  bool quiet = false;
  bool verbose = false;
  int level = kDefaultLevel;
  int threads = 0;  // 0: one for each processor
  size_t block_bytes = kDefaultBlockBytes;
  uint64_t memory_limit_bytes = 0;  // 0: the default one
  bool solid = false;               // the largest blocks, and all inputs as one content where they go to one output
  std::optional<Isa> isa;           // unset: the fastest there is
  std::string model_folders;        // colons between them; empty: the default ones
  std::string model;                // empty: the default one
  std::string adapter;              // of the model; empty: none
  bool embed_adapter = false;       // it travels in the archive
  bool no_mix = false;              // text by the language model alone
};

// One row of the table. What an option does stands in options.cc, beside its row.
struct OptionRow {
  const char* section;   // heading in the man page
  const char* names;     // "-o,--output"; for the levels "-0,-1,...,-9"
  const char* argument;  // nullptr: takes none
  const char* choices;   // words for the completion, blanks between them; may be nullptr
  const char* help;
  bool in_short_help;
};
std::span<const OptionRow> option_table();

// Errors: usage.
Result<Options> parse_options(int argc, const char* const* argv);

std::string short_help();
std::string full_help();
std::string man_page();
std::string bash_completion();
std::string levels_table();  // Markdown, for the README

}  // namespace lmc

#endif  // TOOLS_LMC_OPTIONS_H_
