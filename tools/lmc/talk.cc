#include "tools/lmc/talk.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "tools/lmc/names.h"
#include "tools/lmc/signals.h"

namespace lmc {
namespace {

std::string fixed2(double value) {
  char text[64];
  std::snprintf(text, sizeof text, "%.2f", value);
  return text;
}

// Of the terminal behind standard error, asked anew each time: it may be resized.
size_t terminal_columns() {
  struct winsize size {};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  const char* const told = std::getenv("COLUMNS");
  const int columns = told != nullptr ? std::atoi(told) : 0;
  return columns > 0 ? size_t(columns) : 80;
}

}  // namespace

std::string progress_line(const Progress& at, size_t columns) {
  constexpr uint64_t kWidth = 20;
  const uint64_t total = std::max<uint64_t>(1, at.total_bytes.value_or(0));
  const uint64_t filled = std::min(kWidth, at.done_bytes * kWidth / total);
  const std::string share = percent(std::min(at.done_bytes, total), total);
  const std::string done = human_size(at.done_bytes);
  const std::string of = at.total_bytes ? done + " of " + human_size(*at.total_bytes) : done;
  const std::string bar = "[" + std::string(filled, '=') + std::string(kWidth - filled, ' ') + "] ";
  const std::string speed = ", " + human_size(uint64_t(double(at.done_bytes) / std::max(at.seconds, 1e-3))) + "/s";
  // What is left out first on a narrow terminal: the bar, the speed, the sizes.
  const std::string known[] = {of + " " + bar + share + speed, of + " " + share + speed, of + " " + share, share};
  const std::string unknown[] = {done + speed, done};
  const std::span<const std::string> forms = at.total_bytes ? std::span<const std::string>(known) : unknown;
  constexpr size_t kLeastName = 12;
  const size_t name_columns = std::min(columns_of(at.name), kLeastName);
  for (const std::string& form : forms) {
    if (name_columns + 2 + form.size() > columns && &form != &forms.back()) continue;
    if (form.size() + 3 > columns) return form.substr(0, columns);
    return shorten_to(at.name, columns - form.size() - 2) + ": " + form;
  }
  return {};
}

std::string human_size(uint64_t size_bytes) {
  static constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  double value = double(size_bytes);
  size_t unit = 0;
  while (value >= 1024 && unit + 1 < std::size(kUnits)) value /= 1024, ++unit;
  return unit == 0 ? std::to_string(size_bytes) + " B" : fixed2(value) + " " + kUnits[unit];
}

std::string percent(uint64_t part, uint64_t total) {
  return total == 0 ? "-" : fixed2(100.0 * double(part) / double(total)) + " %";
}

Talk::Talk(const Options& options)
    : quiet_(options.quiet), verbose_(options.verbose), bar_(!options.quiet && ::isatty(STDERR_FILENO)) {}

void Talk::print(const std::string& line) {
  end_progress();
  std::fprintf(stderr, "%s\n", shown_message(line).c_str());
}

void Talk::error(const Error& error) {
  std::string line = "lmc: " + error.message;
  if (error.family == ErrorFamily::kBug) line += " (this is a bug in lmc; please report it)";
  print(line);
}

void Talk::warn(const std::string& text) {
  if (!quiet_) print("lmc: " + text);
}

void Talk::say(const std::string& text) {
  if (!quiet_) print(text);
}

void Talk::detail(const std::string& text) {
  if (verbose_ && !quiet_) print(text);
}

void Talk::begin_progress(const std::string& name, std::optional<uint64_t> total_bytes) {
  name_ = name;
  total_bytes_ = total_bytes;
  begin_ = last_ = std::chrono::steady_clock::now();
}

void Talk::progress(uint64_t done_bytes) {
  const auto now = std::chrono::steady_clock::now();
  if (!bar_ || now - last_ < std::chrono::milliseconds(100) || now - begin_ < std::chrono::milliseconds(500)) return;
  last_ = now;
  const double seconds = std::chrono::duration<double>(now - begin_).count();
  // One column less: at the last one some terminals begin a new line.
  const std::string line = progress_line({name_, done_bytes, total_bytes_, seconds}, terminal_columns() - 1);
  set_bar_to_erase(bar_shown_ = true);
  std::fprintf(stderr, "%s%s", kEraseLine, line.c_str());
}

void Talk::end_progress() {
  if (bar_shown_) std::fputs(kEraseLine, stderr);
  set_bar_to_erase(bar_shown_ = false);
}

}  // namespace lmc
