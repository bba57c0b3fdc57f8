// tokenizer.model: the protocol buffer ModelProto of the package sentencepiece (sentencepiece_model.proto there).
#include <bit>

#include "lmc/models/import/token_text.h"
#include "lmc/models/import/tokenizer_files.h"

namespace lmc {
namespace {

using TokenKind = CheckpointToken::Kind;

Error broken(const std::string& what, std::optional<uint64_t> offset_bytes = {}) {
  return bad_input("tokenizer.model: " + what, offset_bytes);
}

// The fields of a message, one after the other.
class Fields {
 public:
  struct Field {
    uint64_t number = 0;
    enum Type { kInteger = 0, kDouble = 1, kBytes = 2, kFloat = 5 } type = kInteger;
    uint64_t integer = 0;  // of kInteger, kDouble and kFloat, the latter two as their bits
    ByteSpan bytes;        // of kBytes
  };

  // where: of the message in the file
  Fields(ByteSpan message, size_t where) : message_(message), where_(where) {}

  bool done() const { return at_ == message_.size(); }
  // Where the bytes of the last field begin in the file.
  size_t where() const { return where_ + at_ - last_bytes_; }

  Result<Field> next() {
    Field out;
    LMC_ASSIGN(const uint64_t key, varint());
    out.number = key >> 3;
    out.type = Field::Type(key & 7);
    switch (out.type) {
      case Field::kInteger: {
        LMC_ASSIGN(out.integer, varint());
        break;
      }
      case Field::kDouble:
      case Field::kFloat: {
        LMC_ASSIGN(const ByteSpan bits, take(out.type == Field::kDouble ? 8 : 4));
        for (size_t i = 0; i < bits.size(); ++i) out.integer |= uint64_t(bits[i]) << (8 * i);
        break;
      }
      case Field::kBytes: {
        LMC_ASSIGN(const uint64_t size, varint());
        LMC_ASSIGN(out.bytes, take(size));
        break;
      }
      default:
        return broken("a field has the unknown type " + std::to_string(key & 7), where_ + at_);
    }
    return out;
  }

 private:
  // Not always in its shortest form: a negative number takes ten bytes, whatever its type.
  Result<uint64_t> varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      if (done()) return broken("it ends within a field", where_ + at_);
      const uint8_t byte = message_[at_++];
      if (shift < 64) value |= uint64_t(byte & 127) << shift;
      if (byte < 128) return value;
    }
    return broken("a number has more than ten bytes", where_ + at_);
  }

  Result<ByteSpan> take(uint64_t size_bytes) {
    if (size_bytes > message_.size() - at_)
      return broken("a field of " + std::to_string(size_bytes) + " bytes does not end within the file", where_ + at_);
    at_ += size_t(size_bytes);
    last_bytes_ = size_t(size_bytes);
    return message_.subspan(at_ - last_bytes_, last_bytes_);
  }

  ByteSpan message_;
  size_t where_, at_ = 0, last_bytes_ = 0;
};

// Numbers of fields, and of what they hold.
namespace model {
constexpr uint64_t kPieces = 1, kTrainer = 2, kNormalizer = 3;
}
namespace piece {
constexpr uint64_t kText = 1, kScore = 2, kType = 3;
enum Type : uint64_t { kNormal = 1, kUnknown = 2, kControl = 3, kUserDefined = 4, kUnused = 5, kByte = 6 };
}  // namespace piece
namespace trainer {
constexpr uint64_t kModelType = 3, kBegin = 41;
enum ModelType : uint64_t { kUnigram = 1, kBpe = 2 };
}  // namespace trainer
namespace normalizer {
constexpr uint64_t kEscapesSpaces = 5;
}

struct Piece {
  std::string text;
  double score = 0;
  uint64_t type = piece::kNormal;
};

class Reader {
 public:
  explicit Reader(ByteSpan file) : file_(file) {}

  Result<CheckpointVocabulary> read(const TokenizerConfig& config, std::optional<int64_t> bos) {
    LMC_TRY(read_model());
    if (pieces_.empty()) return broken("its vocabulary is empty");
    CheckpointVocabulary out;
    if (model_type_ == trainer::kUnigram)
      out.splitter = Splitter::kUnigram;
    else if (model_type_ == trainer::kBpe)
      out.splitter = Splitter::kCharacters;
    else
      return broken("its type is " + std::to_string(model_type_) + "; 1 (unigram) and 2 (BPE) are supported");
    for (const Piece& piece : pieces_) {
      LMC_ASSIGN(auto token, token_of(piece));
      out.tokens.push_back(std::move(token));
      out.scores.push_back(piece.score);
    }
    LMC_TRY(add(config, out));
    LMC_ASSIGN(out.begin, begin(config, bos, out.tokens.size()));
    return out;
  }

 private:
  Status read_model() {
    for (Fields fields(file_, 0); !fields.done();) {
      LMC_ASSIGN(const auto field, fields.next());
      if (field.type != Fields::Field::kBytes) continue;
      Fields inner(field.bytes, fields.where());
      if (field.number == model::kPieces) {
        LMC_TRY(read_piece(inner));
      } else if (field.number == model::kTrainer || field.number == model::kNormalizer) {
        while (!inner.done()) {
          LMC_ASSIGN(const auto value, inner.next());
          if (value.type != Fields::Field::kInteger) continue;
          if (field.number == model::kNormalizer && value.number == normalizer::kEscapesSpaces)
            spaces_escaped_ = value.integer != 0;
          if (field.number == model::kTrainer && value.number == trainer::kModelType) model_type_ = value.integer;
          if (field.number == model::kTrainer && value.number == trainer::kBegin) begin_ = int32_t(value.integer);
        }
      }
    }
    return Ok();
  }

  Status read_piece(Fields& fields) {
    Piece out;
    while (!fields.done()) {
      LMC_ASSIGN(const auto field, fields.next());
      if (field.number == piece::kText && field.type == Fields::Field::kBytes)
        out.text.assign(field.bytes.begin(), field.bytes.end());
      if (field.number == piece::kScore && field.type == Fields::Field::kFloat)
        out.score = double(std::bit_cast<float>(uint32_t(field.integer)));
      if (field.number == piece::kType && field.type == Fields::Field::kInteger) out.type = field.integer;
    }
    if (out.text.empty()) return broken("piece " + std::to_string(pieces_.size()) + " is empty");
    pieces_.push_back(std::move(out));
    return Ok();
  }

  std::string bytes_of(const std::string& text) const { return spaces_escaped_ ? with_spaces(text) : text; }

  Result<CheckpointToken> token_of(const Piece& from) const {
    switch (from.type) {
      case piece::kNormal:
        return CheckpointToken{bytes_of(from.text), TokenKind::kNormal};
      case piece::kUserDefined:
        return CheckpointToken{bytes_of(from.text), TokenKind::kWhole};
      case piece::kByte:
        if (const auto byte = byte_of(from.text)) return CheckpointToken{std::string(1, *byte), TokenKind::kByte};
        return broken("the piece '" + from.text + "' is to be a byte, but is not spelled like <0x41>");
      case piece::kUnknown:
      case piece::kControl:
      case piece::kUnused:
        return CheckpointToken();
    }
    return broken("the piece '" + from.text + "' is of the unknown type " + std::to_string(from.type));
  }

  // Tokens that only the config has.
  Status add(const TokenizerConfig& config, CheckpointVocabulary& out) const {
    const size_t most = pieces_.size() + config.added.size() + 65536;
    for (const auto& [number, added] : config.added) {
      if (number >= most)
        return broken("the number of the added token '" + added.text + "' is " + std::to_string(number));
      if (number < pieces_.size()) continue;
      out.tokens.resize(number + 1);
      out.scores.resize(number + 1);
      if (!added.special) out.tokens[number] = {bytes_of(added.text), TokenKind::kWhole};
    }
    return Ok();
  }

  Result<uint32_t> begin(const TokenizerConfig& config, std::optional<int64_t> bos, size_t tokens) const {
    for (size_t i = 0; !bos && config.begin && i < pieces_.size(); ++i)
      if (pieces_[i].text == *config.begin) bos = int64_t(i);
    if (!bos) bos = begin_;
    if (*bos < 0 || uint64_t(*bos) >= tokens)
      return broken("the token that begins a document is " + std::to_string(*bos) + ", of " + std::to_string(tokens));
    return uint32_t(*bos);
  }

  ByteSpan file_;
  std::vector<Piece> pieces_;
  uint64_t model_type_ = trainer::kUnigram;
  bool spaces_escaped_ = true;
  int64_t begin_ = 1;
};

}  // namespace

// The first field of a model is its first piece; a line of base64 begins otherwise.
bool is_sentence_piece(ByteSpan file) {
  return !file.empty() && file[0] == (model::kPieces << 3 | Fields::Field::kBytes);
}

Result<CheckpointVocabulary> read_sentence_piece(ByteSpan file, const TokenizerConfig& config,
                                                 std::optional<int64_t> bos) {
  return Reader(file).read(config, bos);
}

}  // namespace lmc
