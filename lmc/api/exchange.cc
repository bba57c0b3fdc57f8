#include "lmc/api/exchange.h"

#include <algorithm>
#include <cstring>
#include <exception>
#include <new>
#include <system_error>

namespace lmc {
namespace {

Error given_up() { return environment_error("given up"); }

// No exception leaves the thread.
Status guarded(const Exchange::Work& work, Source& source, Sink& sink) {
  try {
    return work(source, sink);
  } catch (const std::bad_alloc&) {
    return environment_error("out of memory");
  } catch (const std::system_error& failure) {
    return environment_error(failure.what());
  } catch (const std::exception& unexpected) {
    return Error{ErrorFamily::kBug, unexpected.what()};
  }
}

}  // namespace

Exchange::Exchange(Work work) : thread_([this, work = std::move(work)] { work_through(work); }) {}

Exchange::~Exchange() {
  {
    const std::lock_guard lock(mutex_);
    given_up_ = true;
  }
  for_thread_.notify_all();
  thread_.join();
}

void Exchange::work_through(const Work& work) {
  In source(*this);
  Out sink(*this);
  Status done = guarded(work, source, sink);
  const std::lock_guard lock(mutex_);
  result_ = std::move(done);
  ended_ = true;
  for_caller_.notify_all();
}

Result<bool> Exchange::run(ByteSpan& input, std::span<uint8_t>& output, bool is_last) {
  std::unique_lock lock(mutex_);
  input_ = input;
  output_ = output;
  is_last_ = is_last;
  for_thread_.notify_all();
  for_caller_.wait(lock, [&] {
    return ended_ || (wants_input_ && input_.empty() && !is_last_) || (wants_output_ && output_.empty());
  });
  input = std::exchange(input_, {});
  output = std::exchange(output_, {});
  if (!ended_) return false;
  LMC_TRY(result_);
  return true;
}

Result<size_t> Exchange::In::read(std::span<uint8_t> out) {
  std::unique_lock lock(exchange_.mutex_);
  size_t size = 0;
  while (size < out.size()) {
    exchange_.wants_input_ = exchange_.input_.empty();
    if (exchange_.wants_input_) exchange_.for_caller_.notify_all();
    exchange_.for_thread_.wait(lock,
                               [&] { return exchange_.given_up_ || exchange_.is_last_ || !exchange_.input_.empty(); });
    exchange_.wants_input_ = false;
    if (exchange_.given_up_) return given_up();
    const size_t take = std::min(exchange_.input_.size(), out.size() - size);
    if (take == 0) break;  // the last one is used
    std::memcpy(out.data() + size, exchange_.input_.data(), take);
    exchange_.input_ = exchange_.input_.subspan(take);
    size += take;
  }
  return size;
}

Status Exchange::Out::write(ByteSpan bytes) {
  std::unique_lock lock(exchange_.mutex_);
  while (!bytes.empty()) {
    exchange_.wants_output_ = exchange_.output_.empty();
    if (exchange_.wants_output_) exchange_.for_caller_.notify_all();
    exchange_.for_thread_.wait(lock, [&] { return exchange_.given_up_ || !exchange_.output_.empty(); });
    exchange_.wants_output_ = false;
    if (exchange_.given_up_) return given_up();
    const size_t take = std::min(exchange_.output_.size(), bytes.size());
    std::memcpy(exchange_.output_.data(), bytes.data(), take);
    exchange_.output_ = exchange_.output_.subspan(take);
    bytes = bytes.subspan(take);
  }
  return Ok();
}

}  // namespace lmc
