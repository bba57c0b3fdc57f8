#include "tools/lmc/talk.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace lmc {
namespace {

std::string fixed2(double value) {
  char text[64];
  std::snprintf(text, sizeof text, "%.2f", value);
  return text;
}

}  // namespace

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
  std::fprintf(stderr, "%s\n", line.c_str());
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
  std::string line = name_ + ": " + human_size(done_bytes);
  if (total_bytes_) {
    constexpr uint64_t kWidth = 20;
    const uint64_t total = std::max<uint64_t>(1, *total_bytes_);
    const uint64_t filled = std::min(kWidth, done_bytes * kWidth / total);
    line += " of " + human_size(*total_bytes_) + " [" + std::string(filled, '=') + std::string(kWidth - filled, ' ') +
            "] " + percent(std::min(done_bytes, total), total);
  }
  line += ", " + human_size(uint64_t(double(done_bytes) / seconds)) + "/s";
  std::fprintf(stderr, "\r\033[K%s", line.c_str());
  bar_shown_ = true;
}

void Talk::end_progress() {
  if (bar_shown_) std::fprintf(stderr, "\r\033[K");
  bar_shown_ = false;
}

}  // namespace lmc
