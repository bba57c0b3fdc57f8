#include "lmc/pipeline/segments.h"

#include <algorithm>

namespace lmc {
namespace {

constexpr size_t kWindow = size_t(16) << 10;  // classified as one
constexpr size_t kFineWindow = 1024;          // where exactly the kind changes

struct Run {
  bool text;
  size_t bytes;
};

void append(std::vector<Run>& runs, bool text, size_t bytes) {
  if (!runs.empty() && runs.back().text == text)
    runs.back().bytes += bytes;
  else
    runs.push_back({text, bytes});
}

// A window at a cut may hold some text, which is no reason to call it text: the text's end of the cut is moved over it.
size_t fine_cut(ByteSpan raw, size_t cut, bool text_before) {
  const size_t limit = text_before ? cut + kWindow : cut - kWindow;
  const auto text_at = [&](size_t at) { return looks_like_text(raw.subspan(at, kFineWindow)); };
  while (text_before && cut < limit && text_at(cut)) cut += kFineWindow;
  while (!text_before && cut > limit && text_at(cut - kFineWindow)) cut -= kFineWindow;
  return cut;
}

}  // namespace

bool looks_like_text(ByteSpan raw) {
  constexpr size_t kStep = 61;  // every so many bytes are looked at
  size_t seen = 0, control = 0;
  for (size_t i = 0; i < raw.size(); i += kStep, ++seen)
    control += raw[i] < 9 || (raw[i] > 13 && raw[i] < 32) || raw[i] == 127;
  return control * 100 <= seen;
}

std::vector<size_t> segment_sizes(ByteSpan raw) {
  std::vector<Run> runs;
  for (size_t at = 0; at < raw.size(); at += kWindow) {
    const ByteSpan window = raw.subspan(at, std::min(kWindow, raw.size() - at));
    append(runs, looks_like_text(window), window.size());
  }
  std::vector<Run> long_runs;  // short ones join what comes before, or after at the beginning
  size_t waiting = 0;
  for (const Run& run : runs) {
    if (run.bytes >= kSmallestSegment) {
      append(long_runs, run.text, run.bytes + waiting);
      waiting = 0;
    } else if (long_runs.empty()) {
      waiting += run.bytes;
    } else {
      long_runs.back().bytes += run.bytes;
    }
  }
  std::vector<size_t> sizes;
  size_t end = 0, cut = 0;
  for (size_t i = 0; i < long_runs.size(); ++i) {
    end += long_runs[i].bytes;
    const size_t fine = i + 1 < long_runs.size() ? fine_cut(raw, end, long_runs[i].text) : end;
    sizes.push_back(fine - cut);
    cut = fine;
  }
  if (sizes.empty() && !raw.empty()) sizes.push_back(raw.size());
  return sizes;
}

}  // namespace lmc
