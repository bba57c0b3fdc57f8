// What lmc says on standard error: errors and warnings always or unless quiet, summaries, a progress bar on terminals.
#ifndef TOOLS_LMC_TALK_H_
#define TOOLS_LMC_TALK_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "lmc/base/result.h"
#include "tools/lmc/options.h"

namespace lmc {

struct Progress {
  std::string name;
  uint64_t done_bytes = 0;
  std::optional<uint64_t> total_bytes;
  double seconds = 0;
};
// One line of at most so many columns.
std::string progress_line(const Progress& at, size_t columns);

class Talk {
 public:
  explicit Talk(const Options& options);

  void error(const Error& error);
  void warn(const std::string& text);    // unless quiet
  void say(const std::string& text);     // unless quiet
  void detail(const std::string& text);  // only when verbose

  // One bar at a time, at most ten times a second, and only if the work takes a while.
  void begin_progress(const std::string& name, std::optional<uint64_t> total_bytes);
  void progress(uint64_t done_bytes);
  void end_progress();

 private:
  void print(const std::string& line);

  bool quiet_;
  bool verbose_;
  bool bar_;
  bool bar_shown_ = false;
  std::string name_;
  std::optional<uint64_t> total_bytes_;
  std::chrono::steady_clock::time_point begin_;
  std::chrono::steady_clock::time_point last_;
};

// "1.23 MiB"
std::string human_size(uint64_t size_bytes);
// "12.34 %", of total; "-" for a total of 0
std::string percent(uint64_t part, uint64_t total);

}  // namespace lmc

#endif  // TOOLS_LMC_TALK_H_
