// Layout of the reconstruction data:
//   varint    number of pages, and for each
//     1 byte    PageFlag
//     heuristics    tiff_streams.h
//     varint    height
//     varint    rows of a strip or tile
//     [varint, 1 byte]   kTiled: width of a tile; TilePadding
//     [varint, 1 byte]   kOffsetsFollow: offset of the list of the pieces' offsets; bytes of a value
//     [varint, 1 byte]   kCountsFollow: the same for their sizes
//   1 byte    1 if the pieces of all pages, one after the other, do not lie in this order in the file; then, for each
//   [varint]  in the file's order: the number of the piece
//   [varint, bytes]   if a page has kChosenDeflate: choices (deflate_choices.h) of the pieces that are described so, in
//                     the file's order
//   for each piece, in the file's order
//     varint, bytes   what lies before it, since the end of the last; zeros for values that follow from the pieces
//     [1 byte]        of a tile that goes beyond its page: 1 if the padding is given, and then all samples of it:
//     [bytes]         one byte each up to 8 bits, else two
//     bytes           tiff_streams.h
//   rest      what follows the last piece
#include "lmc/media/image/tiff/tiff_pieces.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <string>

#include "lmc/media/image/side_part.h"
#include "lmc/media/image/tiff/tiff_piece_form.h"
#include "lmc/media/image/tiff/tiff_streams.h"

namespace lmc {
namespace {

enum PageFlag : uint8_t {
  kBigEndian = 1,
  kDifferences = 2,
  kPlanar = 4,
  kTiled = 8,
  kOffsetsFollow = 16,
  kCountsFollow = 32,
  kAllPageFlags = 63,
};

using Samples = TiffPieceBytes::Samples;

// Numbers in the file that follow from where the pieces lie.
struct ValueList {
  bool follows = false;
  size_t begin_bytes = 0;
  uint32_t value_bytes = 4;
};

struct PagePlan {
  TiffPageForm form;
  TiffStreamHeuristics heuristics;
  TilePadding padding = TilePadding::kZeros;
  ValueList offsets, counts;
  size_t first_piece = 0, pieces = 0;
};

struct PiecePlace {
  size_t begin = 0, size = 0;
};

Result<TiffCoding> coding_of(const TiffPage& page) {
  if (page.is_deflated()) return TiffCoding::kDeflate;
  if (page.compression == kTiffUncompressed) return TiffCoding::kPlain;
  if (page.compression == kTiffLzw) return TiffCoding::kLzw;
  if (page.compression == kTiffPackBits) return TiffCoding::kPackBits;
  return bad_input("TIFF: compression " + std::to_string(page.compression) + " cannot be taken apart");
}

void append_sample(Bytes& bytes, uint16_t sample, size_t sample_bytes) {
  bytes.push_back(uint8_t(sample));
  if (sample_bytes == 2) bytes.push_back(uint8_t(sample >> 8));
}

void write_value(uint8_t* at, uint64_t value, const ValueList& list, bool big_endian) {
  for (uint32_t i = 0; i < list.value_bytes; ++i)
    at[big_endian ? list.value_bytes - 1 - i : i] = uint8_t(value >> (8 * i));
}

class Parser {
 public:
  Parser(ByteSpan file, bool big_endian, const std::vector<const TiffPage*>& pages, Picture shape)
      : file_(file), big_endian_(big_endian), pages_(pages), picture_(std::move(shape)) {}

  Result<ParsedImage> parse() {
    uint64_t spare_bytes = most_tiff_spare_bytes(picture_);
    uint32_t y = 0;
    for (const TiffPage* page : pages_) {
      LMC_TRY(add_page(*page, y, spare_bytes));
      y += page->height;
    }
    LMC_TRY(sort_pieces());
    LMC_TRY(describe_deflate());
    for (size_t i = 0; i < plans_.size(); ++i) find_lists(*pages_[i], plans_[i]);
    // Now there are as many bytes as the picture has: what was decoded.
    picture_.samples.resize(picture_.size_bytes());
    for (PagePlan& plan : plans_) LMC_TRY(fill_picture(plan));
    ParsedImage parsed;
    parsed.side = write_side();
    parsed.picture = std::move(picture_);
    return parsed;
  }

 private:
  Status add_page(const TiffPage& page, uint32_t y, uint64_t& spare_bytes) {
    PagePlan plan;
    plan.form = {.height = page.height,
                 .tiled = page.tile_width != 0,
                 .planar = page.planes == 2 && picture_.channels > 1,
                 .big_endian = big_endian_,
                 .differences =
                     page.predictor == 2 && page.compression != kTiffUncompressed && page.compression != kTiffPackBits};
    plan.form.piece_width = page.tile_width;
    plan.form.piece_height = plan.form.tiled ? page.tile_height : std::clamp(page.rows_per_strip, 1u, page.height);
    if (plan.form.piece_height == 0 || count_tiff_pieces(plan.form, picture_) != page.offsets.list.size())
      return bad_input("TIFF: " + std::to_string(page.offsets.list.size()) +
                       " strips or tiles; that does not fit the picture");
    plan.first_piece = pieces_.size();
    LMC_TRY(append_tiff_pieces(plan.form, y, picture_, spare_bytes, pieces_));
    plan.pieces = pieces_.size() - plan.first_piece;
    LMC_ASSIGN(const auto coding, coding_of(page));
    const TiffPieceBytes form(plan.form, picture_);
    std::vector<TiffStreamPlace> places;
    for (size_t i = 0; i < plan.pieces; ++i) {
      const TiffPiece& piece = pieces_[plan.first_piece + i];
      const size_t begin = page.offsets.list[i];
      if (begin > file_.size()) return bad_input("TIFF: a strip or tile lies outside the file", begin);
      ByteSpan stream = file_.subspan(begin);
      if (i < page.counts.list.size() && page.counts.list[i] < stream.size())
        stream = stream.first(page.counts.list[i]);
      places.push_back({stream, form.size_bytes(piece), form.row_bytes(piece)});
    }
    LMC_ASSIGN(auto parsed, parse_tiff_streams(coding, places));
    plan.heuristics = parsed.heuristics;
    for (size_t i = 0; i < plan.pieces; ++i) {
      places_.push_back({page.offsets.list[i], parsed.streams[i].size_bytes});
      streams_.push_back(std::move(parsed.streams[i]));
    }
    plans_.push_back(plan);
    return Ok();
  }

  Status sort_pieces() {
    order_.resize(pieces_.size());
    std::iota(order_.begin(), order_.end(), size_t(0));
    std::stable_sort(order_.begin(), order_.end(),
                     [&](size_t a, size_t b) { return places_[a].begin < places_[b].begin; });
    for (size_t i = 1; i < order_.size(); ++i)
      if (places_[order_[i]].begin - places_[order_[i - 1]].begin < places_[order_[i - 1]].size)
        return bad_input("TIFF: strips or tiles overlap", places_[order_[i]].begin);
    return Ok();
  }

  Status describe_deflate() {
    std::vector<ParsedTiffStream*> streams;
    for (const size_t i : order_)
      if (plan_of(i).heuristics.coding == TiffCoding::kDeflate) streams.push_back(&streams_[i]);
    LMC_ASSIGN(choices_, describe_tiff_deflate(streams));
    for (PagePlan& plan : plans_)
      if (choices_ && plan.heuristics.coding == TiffCoding::kDeflate)
        plan.heuristics.coding = TiffCoding::kChosenDeflate;
    return Ok();
  }

  void find_lists(const TiffPage& page, PagePlan& plan) const {
    const auto list_of = [&](const TiffValues& values, size_t PiecePlace::*field) {
      ValueList list{.begin_bytes = values.begin_bytes, .value_bytes = values.value_bytes};
      list.follows = values.list.size() == plan.pieces;
      for (size_t i = 0; list.follows && i < plan.pieces; ++i)
        list.follows = values.list[i] == places_[plan.first_piece + i].*field;
      return list;
    };
    plan.offsets = list_of(page.offsets, &PiecePlace::begin);
    plan.counts = list_of(page.counts, &PiecePlace::size);
  }

  Status fill_picture(PagePlan& plan) {
    const TiffPieceBytes form(plan.form, picture_);
    std::array<size_t, kTilePaddings> wrong{};
    Samples before;
    for (size_t i = plan.first_piece; i < plan.first_piece + plan.pieces; ++i) {
      const TiffPiece& piece = pieces_[i];
      Samples samples = form.unpack(piece, streams_[i].data);
      if (form.pack(piece, samples) != streams_[i].data) return bad_input("TIFF: bits between rows that are not zero");
      put_piece(piece, form.channels(), samples, picture_);
      if (!piece.is_padded()) {
        if (plan.form.tiled) before = std::move(samples);
        continue;
      }
      for (int padding = 0; padding < kTilePaddings; ++padding)
        wrong[size_t(padding)] += take_piece(piece, form.channels(), picture_, TilePadding(padding), before) != samples;
      before = std::move(samples);
    }
    plan.padding = TilePadding(std::min_element(wrong.begin(), wrong.end()) - wrong.begin());
    return Ok();
  }

  void append_pages(Bytes& side) const {
    append_varint(side, plans_.size());
    for (const PagePlan& plan : plans_) {
      side.push_back(uint8_t((plan.form.big_endian ? kBigEndian : 0) | (plan.form.differences ? kDifferences : 0) |
                             (plan.form.planar ? kPlanar : 0) | (plan.form.tiled ? kTiled : 0) |
                             (plan.offsets.follows ? kOffsetsFollow : 0) | (plan.counts.follows ? kCountsFollow : 0)));
      append_tiff_heuristics(side, plan.heuristics);
      append_varint(side, plan.form.height);
      append_varint(side, plan.form.piece_height);
      if (plan.form.tiled) {
        append_varint(side, plan.form.piece_width);
        side.push_back(uint8_t(plan.padding));
      }
      for (const ValueList* list : {&plan.offsets, &plan.counts}) {
        if (!list->follows) continue;
        append_varint(side, list->begin_bytes);
        side.push_back(uint8_t(list->value_bytes));
      }
    }
  }

  void append_padding(Bytes& side, const PagePlan& plan, size_t i, const Samples& samples,
                      const Samples& before) const {
    const TiffPiece& piece = pieces_[i];
    if (!piece.is_padded()) return;
    const size_t channels = TiffPieceBytes(plan.form, picture_).channels();
    const bool given = take_piece(piece, channels, picture_, plan.padding, before) != samples;
    side.push_back(given ? 1 : 0);
    if (given)
      for_each_unseen(piece, channels, [&](size_t at) { append_sample(side, samples[at], picture_.sample_bytes()); });
  }

  Bytes write_side() const {
    Bytes side;
    append_pages(side);
    const bool sorted = std::is_sorted(order_.begin(), order_.end());
    side.push_back(sorted ? 0 : 1);
    if (!sorted)
      for (const size_t i : order_) append_varint(side, i);
    if (choices_) append_part(side, *choices_);
    Bytes kept(file_.begin(), file_.end());
    for (const PagePlan& plan : plans_)
      for (const ValueList* list : {&plan.offsets, &plan.counts})
        if (list->follows) std::fill_n(kept.begin() + ptrdiff_t(list->begin_bytes), plan.pieces * list->value_bytes, 0);
    size_t done = 0;
    Samples before;
    for (const size_t i : order_) {
      append_part(side, ByteSpan(kept).subspan(done, places_[i].begin - done));
      const PagePlan& plan = plan_of(i);
      if (i == plan.first_piece) before.clear();
      if (plan.form.tiled) {
        Samples samples = TiffPieceBytes(plan.form, picture_).unpack(pieces_[i], streams_[i].data);
        append_padding(side, plan, i, samples, before);
        before = std::move(samples);
      }
      append_bytes(side, streams_[i].side);
      done = places_[i].begin + places_[i].size;
    }
    append_bytes(side, ByteSpan(kept).subspan(done));
    return side;
  }

  const PagePlan& plan_of(size_t piece) const {
    return *(std::upper_bound(plans_.begin(), plans_.end(), piece,
                              [](size_t i, const PagePlan& plan) { return i < plan.first_piece; }) -
             1);
  }

  ByteSpan file_;
  bool big_endian_;
  const std::vector<const TiffPage*>& pages_;
  Picture picture_;
  std::vector<PagePlan> plans_;
  std::optional<Bytes> choices_;
  std::vector<TiffPiece> pieces_;  // of all pages, one after the other, as are
  std::vector<PiecePlace> places_;
  std::vector<ParsedTiffStream> streams_;
  std::vector<size_t> order_;  // numbers of pieces as they lie in the file
};

class Rebuilder {
 public:
  Rebuilder(ByteSpan side, const Picture& picture, size_t max_bytes)
      : side_(side), reader_(side), picture_(picture), max_bytes_(max_bytes) {}

  // What is noted of each piece, and of the largest its samples, those of the one before and its bytes. What cannot be
  // read needs nothing: rebuild() will find it too.
  uint64_t memory() {
    constexpr uint64_t kPieceMemory = 192, kPageMemory = 384, kSampleMemory = 2;
    const auto count = reader_.read_varint("number of TIFF pages");
    uint64_t pieces = 0, largest = 0, pages = 0;
    for (uint32_t y = 0; count.ok() && pages < *count; ++pages) {
      const auto plan = read_plan(y);
      if (!plan.ok()) break;
      const TiffPageForm& form = plan->form;
      const uint64_t width = form.tiled ? form.piece_width : picture_.width;
      const uint64_t height = form.tiled ? form.piece_height : std::min(form.piece_height, form.height);
      if (height > most_tiff_piece_bytes(picture_) / width) break;
      pieces += count_tiff_pieces(form, picture_);
      largest = std::max(largest, width * height * uint64_t(form.planar ? 1 : picture_.channels));
      y += form.height;
    }
    return kPieceMemory * std::min<uint64_t>(pieces, side_.size()) + kPageMemory * pages + 3 * kSampleMemory * largest;
  }

  Result<Bytes> rebuild() {
    file_.reserve(max_bytes_);
    LMC_TRY(read_pages());
    LMC_TRY(read_order());
    LMC_TRY(read_choices());
    Samples before;
    for (const size_t i : order_) LMC_TRY(append_piece(i, before));
    append_bytes(file_, side_.subspan(reader_.position()));
    if (file_.size() > max_bytes_) return bad_input("reconstruction data of a TIFF: more than the file's size");
    for (const PagePlan& plan : plans_)
      for (const auto& [list, field] :
           {std::pair(&plan.offsets, &PiecePlace::begin), std::pair(&plan.counts, &PiecePlace::size)})
        LMC_TRY(write_list(plan, *list, field));
    return std::move(file_);
  }

 private:
  Result<uint32_t> read_size(const char* field) {
    LMC_ASSIGN(const auto size, reader_.read_varint(field));
    if (size == 0 || size > UINT32_MAX)
      return bad_input("reconstruction data of a TIFF: impossible " + std::string(field), reader_.position());
    return uint32_t(size);
  }

  Result<ValueList> read_list() {
    LMC_ASSIGN(const auto begin, reader_.read_varint("offset of a list"));
    LMC_ASSIGN(const auto value_bytes, reader_.read_le<uint8_t>("bytes of a value"));
    if (begin > max_bytes_ || (value_bytes != 2 && value_bytes != 4))
      return bad_input("reconstruction data of a TIFF: a list that cannot be", reader_.position());
    return ValueList{true, size_t(begin), value_bytes};
  }

  // The next page, which begins at row y, without its pieces.
  Result<PagePlan> read_plan(uint32_t y) {
    PagePlan plan;
    LMC_ASSIGN(const auto flags, reader_.read_le<uint8_t>("flags of a TIFF page"));
    if (flags > kAllPageFlags) return bad_input("reconstruction data of a TIFF: unknown flags", reader_.position());
    LMC_ASSIGN(const auto heuristics, read_tiff_heuristics(reader_));
    plan.heuristics = heuristics;
    LMC_ASSIGN(const auto height, read_size("height of a page"));
    LMC_ASSIGN(const auto rows, read_size("rows of a strip or tile"));
    plan.form = {.height = height,
                 .tiled = (flags & kTiled) != 0,
                 .planar = (flags & kPlanar) != 0,
                 .big_endian = (flags & kBigEndian) != 0,
                 .differences = (flags & kDifferences) != 0,
                 .piece_height = rows};
    if (plan.form.tiled) {
      LMC_ASSIGN(const auto width, read_size("width of a tile"));
      LMC_ASSIGN(const auto padding, reader_.read_le<uint8_t>("padding of tiles"));
      if (padding >= kTilePaddings)
        return bad_input("reconstruction data of a TIFF: unknown padding", reader_.position());
      plan.form.piece_width = width;
      plan.padding = TilePadding(padding);
    }
    for (const auto& [flag, list] :
         {std::pair(kOffsetsFollow, &plan.offsets), std::pair(kCountsFollow, &plan.counts)}) {
      if ((flags & flag) == 0) continue;
      LMC_ASSIGN(const auto read, read_list());
      *list = read;
    }
    if (height > picture_.height || y > picture_.height - height)
      return bad_input("reconstruction data of a TIFF: pages that are larger than the picture", reader_.position());
    return plan;
  }

  Status read_page(uint32_t y, uint64_t& spare_bytes) {
    LMC_ASSIGN(auto read, read_plan(y));
    PagePlan& plan = read;
    // Each piece has at least a byte here.
    if (count_tiff_pieces(plan.form, picture_) > reader_.remaining())
      return bad_input("reconstruction data of a TIFF are cut short", reader_.position());
    plan.first_piece = pieces_.size();
    LMC_TRY(append_tiff_pieces(plan.form, y, picture_, spare_bytes, pieces_));
    plan.pieces = pieces_.size() - plan.first_piece;
    plan_of_.resize(pieces_.size(), plans_.size());
    plans_.push_back(plan);
    return Ok();
  }

  Status read_pages() {
    const bool whole_bits =
        picture_.bits == 1 || picture_.bits == 2 || picture_.bits == 4 || picture_.bits == 8 || picture_.bits == 16;
    if (!whole_bits) return bad_input("reconstruction data of a TIFF do not fit the picture");
    LMC_ASSIGN(const auto count, reader_.read_varint("number of TIFF pages"));
    uint64_t spare_bytes = most_tiff_spare_bytes(picture_);
    uint32_t y = 0;
    for (uint64_t i = 0; i < count; ++i) {
      LMC_TRY(read_page(y, spare_bytes));
      y += plans_.back().form.height;
    }
    if (y != picture_.height)
      return bad_input("reconstruction data of a TIFF: pages that do not fill the picture", reader_.position());
    places_.resize(pieces_.size());
    return Ok();
  }

  Status read_order() {
    LMC_ASSIGN(const auto given, reader_.read_le<uint8_t>("order of TIFF strips"));
    order_.resize(pieces_.size());
    std::iota(order_.begin(), order_.end(), size_t(0));
    if (given == 0) return Ok();
    std::vector<bool> seen(pieces_.size());
    for (size_t& number : order_) {
      LMC_ASSIGN(const auto read, reader_.read_varint("number of a TIFF strip"));
      if (read >= pieces_.size() || seen[size_t(read)])
        return bad_input("reconstruction data of a TIFF: strips in an impossible order", reader_.position());
      number = size_t(read);
      seen[number] = true;
    }
    return Ok();
  }

  Status read_choices() {
    const auto has_choices = [](const PagePlan& plan) { return plan.heuristics.coding == TiffCoding::kChosenDeflate; };
    if (std::ranges::find_if(plans_, has_choices) == plans_.end()) return Ok();
    LMC_ASSIGN(const auto choices, read_part(reader_, "choices of a TIFF"));
    choices_.emplace(choices);
    return Ok();
  }

  // Into samples, if it is given.
  Status read_padding(const TiffPiece& piece, size_t channels, Samples& samples) {
    LMC_ASSIGN(const auto given, reader_.read_le<uint8_t>("padding of a tile"));
    if (given == 0) return Ok();
    size_t count = 0;
    for_each_unseen(piece, channels, [&](size_t) { ++count; });
    LMC_ASSIGN(const auto bytes, reader_.read_bytes(count * picture_.sample_bytes(), "padding of a tile"));
    size_t i = 0;
    for_each_unseen(piece, channels, [&](size_t at) {
      samples[at] = picture_.sample_bytes() == 1 ? bytes[i] : uint16_t(bytes[2 * i] | bytes[2 * i + 1] << 8);
      ++i;
    });
    return Ok();
  }

  Status append_piece(size_t i, Samples& before) {
    const PagePlan& plan = plans_[plan_of_[i]];
    const TiffPiece& piece = pieces_[i];
    LMC_ASSIGN(const auto gap, read_part(reader_, "what lies before a TIFF strip"));
    if (gap.size() > max_bytes_ - file_.size())
      return bad_input("reconstruction data of a TIFF: too many bytes before a strip", reader_.position());
    append_bytes(file_, gap);
    const TiffPieceBytes form(plan.form, picture_);
    if (i == plan.first_piece) before.clear();
    Samples samples = take_piece(piece, form.channels(), picture_, plan.padding, before);
    if (piece.is_padded()) LMC_TRY(read_padding(piece, form.channels(), samples));
    const Bytes data = form.pack(piece, samples);
    if (plan.form.tiled) before = std::move(samples);
    LMC_ASSIGN(const auto stream, rebuild_tiff_stream(reader_, plan.heuristics, choices_ ? &*choices_ : nullptr, data,
                                                      form.row_bytes(piece), max_bytes_ - file_.size()));
    places_[i] = {file_.size(), stream.size()};
    append_bytes(file_, stream);
    if (file_.size() > max_bytes_) return bad_input("reconstruction data of a TIFF: more than the file's size");
    return Ok();
  }

  Status write_list(const PagePlan& plan, const ValueList& list, size_t PiecePlace::*field) {
    if (!list.follows) return Ok();
    const uint64_t bytes = uint64_t(plan.pieces) * list.value_bytes;
    if (list.begin_bytes > file_.size() || bytes > file_.size() - list.begin_bytes)
      return bad_input("reconstruction data of a TIFF: a list that lies outside the file");
    for (size_t i = 0; i < plan.pieces; ++i)
      write_value(file_.data() + list.begin_bytes + i * list.value_bytes, places_[plan.first_piece + i].*field, list,
                  plan.form.big_endian);
    return Ok();
  }

  ByteSpan side_;
  ByteReader reader_;
  const Picture& picture_;
  size_t max_bytes_;
  Bytes file_;
  std::vector<PagePlan> plans_;
  std::vector<TiffPiece> pieces_;
  std::vector<size_t> plan_of_;  // of each piece
  std::optional<ChoicesReader> choices_;
  std::vector<PiecePlace> places_;
  std::vector<size_t> order_;
};

}  // namespace

Result<ParsedImage> parse_tiff_pieces(ByteSpan file, bool big_endian, const std::vector<const TiffPage*>& pages,
                                      Picture shape) {
  return Parser(file, big_endian, pages, std::move(shape)).parse();
}

uint64_t tiff_pieces_memory(ByteSpan side, const Picture& picture) {
  return Rebuilder(side, picture, SIZE_MAX).memory();
}

Result<Bytes> rebuild_tiff_pieces(ByteSpan side, const Picture& picture, size_t max_bytes) {
  return Rebuilder(side, picture, max_bytes).rebuild();
}

}  // namespace lmc
