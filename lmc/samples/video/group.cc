#include "lmc/samples/video/group.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>

#include "lmc/coding/arithmetic_coder.h"
#include "lmc/samples/video/video_plane.h"

namespace lmc {
namespace {

constexpr size_t kMostAhead = 3;  // frames that a plane may be ahead of the last one

Error damaged(const std::string& what) { return bad_input("video block: " + what + "; the file is damaged"); }

// How far each plane is. Who waits for another that failed fails too.
class PlaneProgress {
 public:
  explicit PlaneProgress(size_t planes) : done_(planes) {}

  // Until so many frames of the plane are done; false: it will not come to that.
  bool wait(size_t plane, size_t frames) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return failed_ || done_[plane] >= frames; });
    return !failed_;
  }
  void advance(size_t plane) {
    {
      const std::lock_guard lock(mutex_);
      ++done_[plane];
    }
    changed_.notify_all();
  }
  void fail() {
    {
      const std::lock_guard lock(mutex_);
      failed_ = true;
    }
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<size_t> done_;
  bool failed_ = false;
};

// Calls code(plane, frame) for each, in an order in which a plane comes after those before it and after its own frame
// before; with several threads each has planes of its own.
template <typename Code>
void run_planes(size_t planes, size_t frames, const GroupOptions& options, const Code& code) {
  const size_t threads = std::clamp<size_t>(size_t(std::max(options.threads, 1)), 1, std::min<size_t>(planes, 3));
  if (threads == 1) {
    for (size_t t = 0; t < frames; ++t) {
      for (size_t p = 0; p < planes; ++p) code(p, t);
      if (options.progress) options.progress(t + 1);
    }
    return;
  }
  PlaneProgress progress(planes);
  std::mutex failure_mutex;
  std::exception_ptr failure;
  // The first thread has the first plane, which takes longest; the last has all that are left.
  const auto run = [&](size_t thread) {
    const size_t first = thread, end = thread + 1 == threads ? planes : thread + 1;
    try {
      for (size_t t = 0; t < frames; ++t)
        for (size_t p = first; p < end; ++p) {
          if (p > 0 && !progress.wait(p - 1, t + 1)) return;
          if (p == 0 && t >= kMostAhead && !progress.wait(planes - 1, t + 1 - kMostAhead)) return;
          code(p, t);
          progress.advance(p);
          if (p == 0 && options.progress) options.progress(t);
        }
    } catch (...) {
      const std::lock_guard lock(failure_mutex);
      failure = std::current_exception();
      progress.fail();
    }
  };
  std::vector<std::thread> helpers;
  for (size_t i = 1; i < threads; ++i) helpers.emplace_back(run, i);
  run(0);
  for (std::thread& helper : helpers) helper.join();
  if (failure) std::rethrow_exception(failure);
}

SampleRange range_of(const VideoForm& form, int plane, std::span<const ByteSpan> frames) {
  SampleRange range{1 << 16, 0};
  const size_t bytes = form.sample_bytes(), begin = form.plane_begin(plane), size = form.plane_samples(plane);
  for (const ByteSpan frame : frames)
    for (size_t i = 0; i < size; ++i) {
      const uint8_t* const at = frame.data() + begin + i * bytes;
      const int32_t value = bytes == 1 ? at[0] : at[0] | at[1] << 8;
      range.low = std::min(range.low, value), range.high = std::max(range.high, value);
    }
  return range;
}

// The same of every plane: what is learnt, and its coder.
template <typename Coder>
struct Lane {
  SampleRange range;
  std::optional<VideoPlane> plane;  // none: all samples are the same
  std::optional<Coder> coder;
};

template <typename Coder, typename Byte>
void run_group(std::vector<Lane<Coder>>& lanes, std::span<const std::span<Byte>> frames, const GroupOptions& options) {
  std::vector<FrameTraces> traces(frames.size());
  run_planes(lanes.size(), frames.size(), options, [&](size_t p, size_t t) {
    Lane<Coder>& lane = lanes[p];
    lane.plane->code(*lane.coder, frames[t], traces[t]);
    if (p + 1 == lanes.size()) traces[t] = {};
  });
}

}  // namespace

std::vector<Bytes> encode_group(const VideoForm& form, std::span<const ByteSpan> frames, const GroupOptions& options) {
  std::vector<Bytes> streams(size_t(form.planes));
  std::vector<Lane<ArithmeticEncoder>> lanes(streams.size());
  for (size_t p = 0; p < streams.size(); ++p) {
    lanes[p].range = range_of(form, int(p), frames);
    append_varint(streams[p], uint64_t(lanes[p].range.low));
    append_varint(streams[p], uint64_t(lanes[p].range.high - lanes[p].range.low));
    lanes[p].plane.emplace(form, int(p), lanes[p].range, options.effort, options.isa);
    lanes[p].coder.emplace(streams[p]);
  }
  run_group<ArithmeticEncoder, const uint8_t>(lanes, frames, options);
  for (auto& lane : lanes) lane.coder->finish();
  return streams;
}

Status decode_group(const VideoForm& form, std::span<const ByteSpan> streams,
                    std::span<const std::span<uint8_t>> frames, const GroupOptions& options) {
  std::vector<Lane<ArithmeticDecoder>> lanes(streams.size());
  for (size_t p = 0; p < streams.size(); ++p) {
    ByteReader reader(streams[p]);
    LMC_ASSIGN(const auto low, reader.read_varint("video block: least sample"));
    LMC_ASSIGN(const auto extent, reader.read_varint("video block: range of samples"));
    const uint64_t most = form.sample_bytes() == 1 ? 255 : 65535;
    if (low > most || extent > most - low) return damaged("samples out of range");
    lanes[p].range = {int32_t(low), int32_t(low + extent)};
    lanes[p].plane.emplace(form, int(p), lanes[p].range, options.effort, options.isa);
    lanes[p].coder.emplace(reader.rest());
  }
  run_group<ArithmeticDecoder, uint8_t>(lanes, frames, options);
  return Ok();
}

uint64_t group_memory_bytes(const VideoForm& form) {
  // The fits of strips; maps and mixers; planes of this frame and of those before.
  constexpr uint64_t kOfColumn = 10240, kOfPlane = uint64_t(12) << 20, kOfSample = 64, kAround = 40;
  uint64_t bytes = 0;
  for (int p = 0; p < form.planes; ++p) {
    const uint64_t width = form.plane_width(p), height = form.plane_height(p);
    bytes += kOfPlane + width * kOfColumn + (width + kAround) * (height + kAround) * kOfSample;
  }
  return bytes;
}

}  // namespace lmc
