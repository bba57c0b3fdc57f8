// The table of block codecs: one row for each way in which a block's bytes become a payload, and back.
//
// A block is the unit that is compressed, checked and restored alone. A row says what the codec is for, which model it
// needs, and how to encode, decode and describe. decode is the exact inverse of encode on every machine, for every
// number of threads and instruction set. Whatever a decoder needs beside the model is in the payload (docs/format.md,
// section 7). Checksums are the container's.
//
// A new kind of data is one row here and one pair of files beside this one.
#ifndef LMC_CODECS_CODEC_H_
#define LMC_CODECS_CODEC_H_

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "lmc/base/budget.h"
#include "lmc/base/bytes.h"
#include "lmc/codecs/levels.h"
#include "lmc/media/file_length.h"
#include "lmc/models/engine.h"

namespace lmc {

// Which kind of model a payload needs. A block or group names one model exactly if its codec needs one.
enum class ModelNeed : uint8_t { kNone, kText, kPixels };
inline constexpr size_t kModelNeeds = 3;

enum class Shape : uint8_t {
  kBytes,      // any bytes
  kWholeFile,  // one whole file of a known format
  kGroups      // contents of several kinds, each coded by another row; does not nest
};

// What both directions work with. Nothing here changes the bytes, except the models.
struct BlockResources {
  Engine* engine = nullptr;  // keeps compiled models, finds those that groups name; null: none at hand
  // By need. To encode: the ones to use. To decode: the one that the block names. Null: none at hand.
  std::array<const LoadedModel*, kModelNeeds> models = {};
  const LoadedModel* embedded = nullptr;  // to decode: came with the file, and in no folder; null: none
  Budget* budget = nullptr;  // what the sizes of the data at hand, or those that they declare, take. Null: no limit
  Isa isa = Isa::kScalar;
  int threads = 1;
  std::function<void(size_t done_bytes)> progress = {};   // called now and then from the calling thread; may be empty
  std::function<void(const std::string& why)> note = {};  // to encode: why a file is not taken apart; may be empty

  // What a codec has taken out of a container, as a .lmc file of its own, and back. Empty: containers nest too deep.
  std::function<Result<Bytes>(ByteSpan raw, int threads)> compress_inside = {};
  std::function<Result<Bytes>(ByteSpan file, size_t raw_bytes, int threads)> decompress_inside = {};

  const LoadedModel* model(ModelNeed need) const { return models[size_t(need)]; }
  BlockResources with(ModelNeed need, const LoadedModel* model) const {
    BlockResources out = *this;
    out.models[size_t(need)] = model;
    return out;
  }
  BlockResources quietly() const {
    BlockResources quiet = *this;
    quiet.progress = {};
    return quiet;
  }
};

// Wire ids, never reused. Rows of the table are found by them; nothing else asks for one by name.
enum CodecId : uint8_t {
  kStored = 0,
  kMixing = 1,
  kText = 2,
  kGrouped = 3,
  kImage = 4,
  kJpeg = 5,
  kStreams = 6,
  kAudio = 7,
  kVideo = 8
};

struct EncodedBlock {
  uint8_t codec = kStored;
  Bytes payload;  // never larger than the raw block
  // Needed to decode it: the one that the codec names first, then those that its groups name.
  std::vector<const LoadedModel*> models = {};
};

using EncodeChunk = std::function<Result<EncodedBlock>(ByteSpan raw, const LevelRow&, const BlockResources&)>;

// A long file cut into chunks, each a block that decodes alone.
class FileChunks {
 public:
  virtual ~FileChunks() = default;
  // pending: the next bytes of the file; at_end: there are no more. How many of them the next chunk has; 0: more bytes
  // are needed or, at the end or after that many, the rest is nothing that the codec takes.
  virtual size_t next(ByteSpan pending, bool at_end) = 0;
  // Why the rest is nothing that the codec takes; empty if nothing is wrong.
  virtual std::string why_over() const { return ""; }
  // How the chunk that was told last is encoded.
  virtual EncodeChunk encoder() const = 0;
  // That encoding it can keep busy.
  virtual int useful_threads() const { return 1; }
};

// How whole files of a kind are known.
struct FileKind {
  bool (*sniff)(ByteSpan start) = nullptr;         // whether these first bytes may begin one
  std::span<const uint8_t> first_bytes = {};       // that one can begin with
  FileLength (*length)(ByteSpan start) = nullptr;  // where one inside other data ends; null: not looked for there
  Status (*check)(ByteSpan file) = nullptr;        // why one cannot be taken apart, Ok if it can
  // How large a file can be that begins so, 0: it is none that is taken apart. Null: up to kMaxFileBytes. The more of
  // its first bytes are there, the better the answer.
  uint64_t (*most_bytes)(ByteSpan start) = nullptr;
  bool takes_any_bytes = false;  // encode also finds what it takes apart anywhere in other bytes
  // For a file that begins so, at least kChunkLook bytes of it; null: it is not to be cut.
  std::unique_ptr<FileChunks> (*chunks)(ByteSpan start) = nullptr;
};

struct CodecRow {
  uint8_t id;
  const char* name;
  ModelNeed model;
  Shape shape;
  int useful_threads;  // that decoding one block can keep busy
  // Errors: bad input, if the bytes are none that this codec can take; environment, if its model is missing. Null: the
  // pipeline makes such blocks out of others.
  Result<EncodedBlock> (*encode)(ByteSpan raw, const LevelRow& level, const BlockResources& resources);
  // Errors: bad input (not decodable, wrong size), environment (no model, no memory). Gives raw_bytes bytes.
  Result<Bytes> (*decode)(ByteSpan payload, size_t raw_bytes, const BlockResources& resources);
  // "PNG 640x480, 3 channels of 8 bits": what a payload holds, told without decoding it. Null, or empty: nothing to
  // say.
  std::string (*describe)(ByteSpan payload) = nullptr;
  FileKind file = {};     // of the shape kWholeFile
  int threads_alone = 1;  // that decoding keeps busy where no other block is to be decoded beside it
};

std::span<const CodecRow> codec_table();
const CodecRow* find_codec(uint8_t id);  // null: unknown to this program
std::string codec_name(uint8_t id);      // "codec-77" if unknown

// Ok if id is known and names a model exactly if it needs one; else bad input, "damaged, or written by a newer lmc".
Status check_codec(uint8_t id, bool names_model);

// Errors: as the row's decode, and bad input for an unknown codec.
Result<Bytes> decode_block(uint8_t codec, ByteSpan payload, size_t raw_bytes, const BlockResources& resources);

inline constexpr size_t kMaxBlockBytes = size_t(64) << 20;  // of a block that is no whole file
inline constexpr size_t kChunkLook = size_t(1) << 20;       // that are read before a file may be cut into chunks
inline constexpr size_t kMaxFileBytes = size_t(512) << 20;  // the largest file that is one block

inline constexpr int kTextThreads = 2;   // that one block of text, or one picture, can keep busy
inline constexpr int kVideoThreads = 3;  // one for each plane
// For one of several files: small ones do better side by side, each with one thread.
constexpr int threads_for_file(size_t file_bytes, size_t files) {
  return files > 1 && file_bytes < (size_t(1) << 20) ? 1 : kTextThreads;
}

EncodedBlock stored_block(ByteSpan raw);

// What a media file holds beside its samples or coefficients: mixed, or stored where that is no larger or the budget
// has no more. No model.
EncodedBlock encode_reconstruction_data(ByteSpan data, const BlockResources& resources);
// Its inverse; codec must be one of those two. what: the block, for errors ("image block").
Result<Bytes> decode_reconstruction_data(uint8_t codec, ByteSpan payload, size_t data_bytes, const char* what,
                                         const BlockResources& resources);

}  // namespace lmc

#endif  // LMC_CODECS_CODEC_H_
