// What the calls of the C interface share: contexts, errors, options, progress.
#ifndef LMC_API_CALLS_H_
#define LMC_API_CALLS_H_

#include <atomic>
#include <exception>
#include <new>
#include <system_error>

#include "lmc/lmc.h"
#include "lmc/pipeline/decompress.h"

struct lmc_context {
  lmc::Engine engine;
};

namespace lmc {

// Fills *error, if there is one, and says the status.
lmc_status report(const Error& from, lmc_error* error);
lmc_status report_cancelled(lmc_error* error);
lmc_status succeed(lmc_error* error);

// What a call may not leave out is said, not crashed on.
Status check_pointers(const lmc_context* context, const void* data, size_t size, const void* out);

// No exception leaves the library.
template <typename Work>
lmc_status guarded(lmc_error* error, Work work) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    return report(environment_error("out of memory"), error);
  } catch (const std::system_error& failure) {
    return report(environment_error(failure.what()), error);
  } catch (const std::exception& unexpected) {
    return report(Error{ErrorFamily::kBug, unexpected.what()}, error);
  }
}
template <typename Work>
lmc_status guarded(const lmc_context* context, ByteSpan data, const void* out, lmc_error* error, Work work) {
  return guarded(error, [&] {
    const Status checked = check_pointers(context, data.data(), data.size(), out);
    return checked.ok() ? work() : report(checked.error(), error);
  });
}

lmc_options given_or_default(const lmc_options* options);
Result<CompressOptions> compress_options(lmc_context* context, const lmc_options& given);
Result<DecompressOptions> decompress_options(lmc_context* context, const lmc_options& given);

// Asks the caller's progress function; once it has said no, reading and writing fail, which ends the call.
class Watch {
 public:
  explicit Watch(const lmc_options& options) : ask_(options.progress), user_(options.progress_user) {}
  std::function<void(uint64_t)> progress() {
    if (ask_ == nullptr) return {};
    return [this](uint64_t done_bytes) {
      if (ask_(user_, done_bytes) != 0) cancelled_ = true;
    };
  }
  bool cancelled() const { return cancelled_; }
  Status go_on() const { return cancelled_ ? Status(environment_error("cancelled")) : Ok(); }

 private:
  lmc_progress ask_;
  void* user_;
  std::atomic<bool> cancelled_ = false;
};
class WatchedSource : public Source {
 public:
  WatchedSource(Source& source, const Watch& watch) : source_(source), watch_(watch) {}
  Result<size_t> read(std::span<uint8_t> out) override {
    LMC_TRY(watch_.go_on());
    return source_.read(out);
  }

 private:
  Source& source_;
  const Watch& watch_;
};
class WatchedSink : public Sink {
 public:
  WatchedSink(Sink& sink, const Watch& watch) : sink_(sink), watch_(watch) {}
  Status write(ByteSpan bytes) override {
    LMC_TRY(watch_.go_on());
    return sink_.write(bytes);
  }

 private:
  Sink& sink_;
  const Watch& watch_;
};

}  // namespace lmc

#endif  // LMC_API_CALLS_H_
