#include "lmc/pipeline/decompress.h"

#include <algorithm>
#include <deque>

#include "lmc/base/parallel.h"
#include "lmc/pipeline/checked_block.h"

namespace lmc {
namespace {

// The source with a position, for error messages that say where.
class Input {
 public:
  explicit Input(Source& source) : source_(source) {}
  uint64_t position() const { return position_; }

  // Appends up to size_bytes bytes to out; fewer if the input ends.
  Status append(Bytes& out, size_t size_bytes) {
    const size_t again = std::min(size_bytes, unread_.size());
    append_bytes(out, ByteSpan(unread_).first(again));
    unread_.erase(unread_.begin(), unread_.begin() + ptrdiff_t(again));
    LMC_ASSIGN(const auto more, read_up_to(source_, size_bytes - again));
    append_bytes(out, more);
    position_ += again + more.size();
    return Ok();
  }
  // Gives back what was read last, to be read again.
  void unread(ByteSpan bytes) {
    unread_.insert(unread_.begin(), bytes.begin(), bytes.end());
    position_ -= bytes.size();
  }

 private:
  Source& source_;
  uint64_t position_ = 0;
  Bytes unread_;
};

Error at(const Error& error, uint64_t base) {
  return Error{error.family, error.message, base + error.offset_bytes.value_or(0)};
}

Result<const LoadedModel*> find_builtin(int number, const DecompressOptions& options) {
  if (options.engine != nullptr) return options.engine->registry().find_builtin(number);
  return environment_error("the file needs built-in model " + std::to_string(number) + ", and no models are at hand");
}

Result<const LoadedModel*> find_adapter(const HashStart& hash, const DecompressOptions& options) {
  const LoadedModel* const embedded = options.embedded;
  if (embedded != nullptr && std::equal(hash.begin(), hash.end(), embedded->sha256.begin())) return embedded;
  if (options.engine != nullptr) return options.engine->registry().find_hash_start(hash);
  return environment_error("the file needs the adapter with SHA-256 " + hex(hash) + "..., and no models are at hand");
}

// Decodes the frames of one input one after the other.
class Decoder {
 public:
  Decoder(Source& source, Sink& sink, const DecompressOptions& options)
      : input_(source),
        sink_(sink),
        options_(options),
        own_budget_(memory_limit_of(options)),
        budget_(options.budget != nullptr ? *options.budget : own_budget_) {}

  Result<Stats> run() {
    for (;;) {
      const uint64_t begin = input_.position();
      Bytes start;
      LMC_TRY(input_.append(start, 1));
      if (start.empty() && begin > 0) break;
      if (start.empty()) return bad_input("the input is empty; even an empty content makes a .lmc file of 5 bytes", 0);
      if (begins_tiny_frame(start[0])) {
        LMC_TRY(tiny_frame(std::move(start), begin));
        continue;
      }
      if (start[0] != kFrameMagic[0])
        return bad_input(begin == 0 ? "not a .lmc file" : "what follows the last frame is no .lmc frame", begin);
      LMC_TRY(full_frame(std::move(start), begin));
    }
    stats_.compressed_bytes = input_.position();
    return stats_;
  }

 private:
  struct Decoded {
    size_t number;
    BlockLayout block;
    Bytes payload;
    const LoadedModel* model;
    Result<Bytes> raw;
  };

  Status tiny_frame(Bytes start, uint64_t begin) {
    LMC_TRY(input_.append(start, kMaxTinyHeaderBytes - 1));
    const auto header = read_tiny_header(start);
    if (!header.ok()) return at(header.error(), begin);
    input_.unread(ByteSpan(start).subspan(header->header_bytes));
    Bytes payload;
    LMC_TRY(input_.append(payload, header->payload_bytes));
    if (payload.size() < header->payload_bytes)
      return bad_input("the file ends inside a tiny frame", input_.position());
    LMC_TRY(check_limit(stats_.raw_bytes + header->raw_bytes));
    auto raw = decode_tiny(*header, payload);
    if (!raw.ok()) return at(raw.error(), begin);
    stats_.raw_bytes += raw->size();
    stats_.blocks += raw->empty() ? 0 : 1;
    return sink_.write(*raw);
  }

  Result<Bytes> decode_tiny(const TinyHeader& header, ByteSpan payload) {
    const LoadedModel* model = nullptr;
    if (header.model == kTinyAdapter) {
      LMC_ASSIGN(model, find_adapter(header.adapter, options_));
    } else if (header.model > 0) {
      LMC_ASSIGN(model, find_builtin(header.model, options_));
    }
    Result<Bytes> raw = Bytes{};
    if (header.raw_bytes > 0)
      raw = decode_with(header.codec, model, payload, header.raw_bytes,
                        decoding_resources(options_, budget_, options_.threads));
    if (!raw.ok()) return raw.error();
    if (raw->size() != header.raw_bytes || tiny_check(header, *raw) != header.check)
      return bad_input("damaged: the checksum of a tiny frame does not match");
    return raw;
  }

  Status full_frame(Bytes start, uint64_t begin) {
    LMC_TRY(input_.append(start, kHeaderStartBytes - 1));
    auto header_bytes = frame_header_bytes(start);
    if (!header_bytes.ok()) return at(header_bytes.error(), begin);
    if (*header_bytes == kLongHeaderStartBytes) {  // one with an adapter tells its size a little later
      LMC_TRY(input_.append(start, kLongHeaderStartBytes - start.size()));
      header_bytes = frame_header_bytes(start);
      if (!header_bytes.ok()) return at(header_bytes.error(), begin);
    }
    LMC_TRY(input_.append(start, *header_bytes - start.size()));
    const auto header = read_frame_header(start);
    if (!header.ok()) return at(header.error(), begin);
    if (const Status opened = embedded_.open(*header, options_, budget_); !opened.ok())
      return at(opened.error(), begin);
    FrameTail tail{.header_bytes = *header_bytes, .blocks = {}, .content_hash = {}};
    Sha256Stream hash;
    const uint64_t raw_before = stats_.raw_bytes;
    LMC_TRY(blocks(*header, tail, hash));
    const uint64_t raw_bytes = stats_.raw_bytes - raw_before;
    if (header->content_bytes && *header->content_bytes != raw_bytes)
      return bad_input("the blocks hold " + std::to_string(raw_bytes) + " bytes, the frame header says " +
                           std::to_string(*header->content_bytes),
                       begin);
    return check_tail(tail, hash);
  }

  // Reads blocks up to the end marker, which is consumed. Blocks are decoded side by side and written in order.
  Status blocks(const FrameHeader& frame, FrameTail& tail, Sha256Stream& hash) {
    ProgressSum progress(options_.progress, options_.threads > 1);
    uint64_t raw_offset = stats_.raw_bytes;
    InOrder<Decoded> jobs(options_.threads, [&] { progress.tick(); });
    for (;;) {
      BlockLayout block{input_.position(), raw_offset, {}};
      const size_t number = tail.blocks.size() + waiting_.size() + jobs.size();
      Bytes start;
      LMC_TRY(input_.append(start, 1));
      if (!start.empty() && start[0] == kEndMarker) break;
      LMC_TRY(input_.append(start, kBlockHeaderBytes - 1));
      const auto header = read_block_header(start, frame);
      if (!header.ok())
        return at(bad_input("block " + std::to_string(number) + ": " + header.error().message), block.header_offset);
      block.header = *header;
      raw_offset += header->raw_bytes;
      LMC_TRY(check_limit(raw_offset));
      Bytes payload;
      LMC_TRY(input_.append(payload, header->payload_bytes));
      if (payload.size() < header->payload_bytes)
        return bad_input("the file ends inside " + describe_block(number, block), input_.position());
      const auto model = block_model(frame, *header);
      if (!model.ok()) return model.error();
      const CodecRow* const codec = find_codec(block.header.codec);
      const bool is_alone = frame.content_bytes && *frame.content_bytes == block.header.raw_bytes;
      const int alone = codec != nullptr && is_alone ? codec->threads_alone : 1;
      const int useful = std::max(alone, codec != nullptr ? codec->useful_threads : 1);
      const int threads = std::min(options_.threads, useful);
      while (!jobs.has_room(threads)) LMC_TRY(write(next(jobs), tail, hash));
      BlockResources with = decoding_resources(options_, budget_, threads, embedded_.get());
      with.progress = progress.for_block();
      jobs.submit(threads, [block, with, number, model = *model, payload = std::move(payload)]() mutable {
        auto raw = decode_checked(number, block, model, payload, with);
        return Decoded{number, block, raw.ok() ? Bytes() : std::move(payload), model, std::move(raw)};
      });
    }
    while (!jobs.empty() || !waiting_.empty()) LMC_TRY(write(next(jobs), tail, hash));
    return Ok();
  }

  // The next block in order. One that found too little memory beside others is tried again when they are done, by one
  // thread: whether a file needs more than the limit does not depend on the number of threads.
  Decoded next(InOrder<Decoded>& jobs) {
    Decoded decoded = waiting_.empty() ? jobs.take() : std::move(waiting_.front());
    if (!waiting_.empty()) waiting_.pop_front();
    if (decoded.raw.ok() || decoded.raw.error().family != ErrorFamily::kEnvironment || options_.threads == 1)
      return decoded;
    while (!jobs.empty()) waiting_.push_back(jobs.take());
    decoded.raw = decode_checked(decoded.number, decoded.block, decoded.model, decoded.payload,
                                 decoding_resources(options_, budget_, 1, embedded_.get()));
    return decoded;
  }

  Result<const LoadedModel*> block_model(const FrameHeader& frame, const BlockHeader& block) {
    return block.model == 0 ? nullptr : find_model(frame.models[block.model - 1], options_, embedded_.get());
  }

  Status write(const Decoded& decoded, FrameTail& tail, Sha256Stream& hash) {
    if (!decoded.raw.ok()) return decoded.raw.error();
    hash.update(*decoded.raw);
    tail.blocks.push_back({decoded.block.header.raw_bytes, decoded.block.header.payload_bytes});
    stats_.raw_bytes += decoded.raw->size();
    ++stats_.blocks;
    return sink_.write(*decoded.raw);
  }

  // The tail follows from what has been decoded, so it is made again and compared.
  Status check_tail(FrameTail& tail, Sha256Stream& hash) {
    const Sha256 content = hash.finish();
    std::copy_n(content.begin(), tail.content_hash.size(), tail.content_hash.begin());
    const Bytes expected = write_frame_tail(tail);
    const uint64_t begin = input_.position() - 1;
    Bytes found{kEndMarker};
    LMC_TRY(input_.append(found, expected.size() - 1));
    if (found.size() < expected.size()) return bad_input("the file ends inside the index", input_.position());
    if (found == expected) return Ok();
    return bad_input("the index is damaged, or blocks are missing or out of order: it does not describe the content",
                     begin);
  }

  Status check_limit(uint64_t raw_bytes) const {
    if (raw_bytes <= options_.limit_bytes) return Ok();
    return bad_input("the content is larger than the limit of " + std::to_string(options_.limit_bytes) + " bytes");
  }

  Input input_;
  Sink& sink_;
  const DecompressOptions& options_;
  Budget own_budget_;
  Budget& budget_;
  EmbeddedAdapter embedded_;
  std::deque<Decoded> waiting_;  // decoded, or tried, and older than all jobs
  Stats stats_;
};

}  // namespace

Result<Stats> decompress(Source& source, Sink& sink, const DecompressOptions& options) {
  return Decoder(source, sink, options).run();
}

}  // namespace lmc
