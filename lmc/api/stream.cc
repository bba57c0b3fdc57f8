// Streams of the C interface: compress and decompress as they are, on a thread, with the caller's buffers at their
// ends.
#include <memory>

#include "lmc/api/calls.h"
#include "lmc/api/exchange.h"

// The thread of exchange uses watch.
struct lmc_stream {
  lmc::Watch watch;
  std::unique_ptr<lmc::Exchange> exchange;

  explicit lmc_stream(const lmc_options& options) : watch(options) {}
};

namespace lmc {
namespace {

// how: of compress or decompress; run: that function.
template <typename How, typename Run>
std::unique_ptr<lmc_stream> make_stream(const lmc_options& given, How how, Run run) {
  auto stream = std::make_unique<lmc_stream>(given);
  how.progress = stream->watch.progress();
  stream->exchange = std::make_unique<Exchange>(
      [how = std::move(how), run, &watch = stream->watch](Source& source, Sink& sink) -> Status {
        WatchedSource watched_source(source, watch);
        WatchedSink watched_sink(sink, watch);
        LMC_TRY(run(watched_source, watched_sink, how));
        return Ok();
      });
  return stream;
}

}  // namespace
}  // namespace lmc

lmc_status lmc_compress_stream(lmc_context* context, const lmc_options* options, lmc_stream** out, lmc_error* error) {
  return lmc::guarded(context, {}, out, error, [&] {
    const lmc_options given = lmc::given_or_default(options);
    const auto how = lmc::compress_options(context, given);
    if (!how.ok()) return lmc::report(how.error(), error);
    *out = lmc::make_stream(given, *how, lmc::compress).release();
    return lmc::succeed(error);
  });
}

lmc_status lmc_decompress_stream(lmc_context* context, const lmc_options* options, lmc_stream** out, lmc_error* error) {
  return lmc::guarded(context, {}, out, error, [&] {
    const lmc_options given = lmc::given_or_default(options);
    const auto how = lmc::decompress_options(context, given);
    if (!how.ok()) return lmc::report(how.error(), error);
    *out = lmc::make_stream(given, *how, lmc::decompress).release();
    return lmc::succeed(error);
  });
}

lmc_status lmc_stream_run(lmc_stream* stream, lmc_input* input, lmc_output* output, int is_last, int* done,
                          lmc_error* error) {
  return lmc::guarded(error, [&] {
    if (stream == nullptr || input == nullptr || output == nullptr || done == nullptr)
      return lmc::report(lmc::usage_error("stream, input, output and done may not be NULL"), error);
    if (input->used > input->size || output->used > output->size || (input->data == nullptr && input->size > 0) ||
        (output->data == nullptr && output->size > 0))
      return lmc::report(lmc::usage_error("input or output: used is beyond size, or data is NULL"), error);
    auto in = lmc::ByteSpan(static_cast<const uint8_t*>(input->data), input->size).subspan(input->used);
    auto space = std::span(static_cast<uint8_t*>(output->data), output->size).subspan(output->used);
    const auto ended = stream->exchange->run(in, space, is_last != 0);
    input->used = input->size - in.size();
    output->used = output->size - space.size();
    *done = ended.ok() && *ended ? 1 : 0;
    if (ended.ok()) return lmc::succeed(error);
    return stream->watch.cancelled() ? lmc::report_cancelled(error) : lmc::report(ended.error(), error);
  });
}

void lmc_stream_free(lmc_stream* stream) { delete stream; }
