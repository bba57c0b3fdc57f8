// Bytes handed over between a caller, who feeds and drains, and a thread on which the pipeline reads and writes.
//
// The caller lends an input and an output; the thread takes and fills them, and waits when it needs more of either.
// Nothing is buffered in between.
#ifndef LMC_API_EXCHANGE_H_
#define LMC_API_EXCHANGE_H_

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "lmc/base/stream.h"

namespace lmc {

class Exchange {
 public:
  using Work = std::function<Status(Source& source, Sink& sink)>;

  // Starts the thread. Throws std::system_error if there can be none.
  explicit Exchange(Work work);
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  ~Exchange();  // gives up what is unfinished and waits for the thread

  // Until all of input is taken, output is full, or the work has ended; is_last: no input follows this one. The spans
  // become what is left of them. True: the work has ended, well, and all its output is taken. Errors: those of the
  // work.
  Result<bool> run(ByteSpan& input, std::span<uint8_t>& output, bool is_last);

 private:
  // The thread's ends.
  class In : public Source {
   public:
    explicit In(Exchange& exchange) : exchange_(exchange) {}
    Result<size_t> read(std::span<uint8_t> out) override;

   private:
    Exchange& exchange_;
  };
  class Out : public Sink {
   public:
    explicit Out(Exchange& exchange) : exchange_(exchange) {}
    Status write(ByteSpan bytes) override;

   private:
    Exchange& exchange_;
  };

  void work_through(const Work& work);

  std::mutex mutex_;
  std::condition_variable for_thread_, for_caller_;
  ByteSpan input_;             // lent
  std::span<uint8_t> output_;  // lent
  bool is_last_ = false;       // no input follows
  bool wants_input_ = false;   // the thread waits
  bool wants_output_ = false;
  bool given_up_ = false;
  bool ended_ = false;
  Status result_ = Ok();  // of the work, once ended
  std::thread thread_;    // last: it uses all the others
};

}  // namespace lmc

#endif  // LMC_API_EXCHANGE_H_
