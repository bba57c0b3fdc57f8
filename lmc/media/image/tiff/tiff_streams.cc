#include "lmc/media/image/tiff/tiff_streams.h"

#include <algorithm>
#include <optional>
#include <string>

namespace lmc {
namespace {

struct CountedStream {
  ParsedTiffStream stream;
  size_t corrections = 0;
};

PackBitsHeuristics packbits_heuristics(const TiffStreamHeuristics& heuristics, size_t row_bytes, size_t data_bytes) {
  return {.pairs = heuristics.pairs,
          .row_bytes = std::max<size_t>(1, heuristics.packets_cross_rows ? data_bytes : row_bytes)};
}

template <typename Parsed>
CountedStream counted(Parsed&& parsed, Bytes&& data, size_t corrections) {
  return {{std::move(data), std::move(parsed.side), parsed.size_bytes}, corrections};
}

Result<CountedStream> parse_stream(const TiffStreamHeuristics& heuristics, const TiffStreamPlace& place) {
  switch (heuristics.coding) {
    case TiffCoding::kPlain:
      if (place.stream.size() < place.data_bytes) return bad_input("TIFF: a strip or tile is cut short");
      return CountedStream{
          {Bytes(place.stream.begin(), place.stream.begin() + ptrdiff_t(place.data_bytes)), {}, place.data_bytes}, 0};
    case TiffCoding::kLzw: {
      LMC_ASSIGN(auto lzw, parse_lzw(place.stream, kTiffLzwForm, heuristics.lzw, place.data_bytes));
      return counted(lzw, std::move(lzw.symbols), lzw.corrections);
    }
    case TiffCoding::kPackBits: {
      LMC_ASSIGN(auto packed, parse_packbits(place.stream, place.data_bytes,
                                             packbits_heuristics(heuristics, place.row_bytes, place.data_bytes)));
      return counted(packed, std::move(packed.data), packed.corrections);
    }
    case TiffCoding::kDeflate:
    case TiffCoding::kChosenDeflate: {
      LMC_ASSIGN(auto zlib, inflate_zlib(place.stream, place.data_bytes));
      if (zlib.data.size() != place.data_bytes)
        return bad_input("TIFF: a strip or tile of " + std::to_string(zlib.data.size()) + " bytes; expected " +
                         std::to_string(place.data_bytes));
      return CountedStream{{std::move(zlib.data), {}, zlib.size_bytes, zlib.header, zlib.deflate, zlib.hint}, 0};
    }
  }
  return bad_input("TIFF: unknown compression");
}

struct Try {
  ParsedTiffStreams parsed;
  size_t corrections = 0;
};

Result<Try> try_heuristics(const TiffStreamHeuristics& heuristics, const std::vector<TiffStreamPlace>& places) {
  Try out;
  out.parsed.heuristics = heuristics;
  for (const TiffStreamPlace& place : places) {
    LMC_ASSIGN(auto counted, parse_stream(heuristics, place));
    out.corrections += counted.corrections;
    out.parsed.streams.push_back(std::move(counted.stream));
  }
  return out;
}

// The first is the most likely.
std::vector<TiffStreamHeuristics> heuristics_to_try(TiffCoding coding, const std::vector<TiffStreamPlace>& places) {
  std::vector<TiffStreamHeuristics> list{{.coding = coding}};
  if (coding == TiffCoding::kLzw) {
    uint32_t clear_at = 0;
    for (size_t i = 0; i < places.size() && clear_at == 0; ++i)
      clear_at = lzw_clears_at(places[i].stream, kTiffLzwForm, places[i].data_bytes);
    list.push_back({.coding = coding, .lzw = {.clear_at = clear_at}});
  }
  if (coding == TiffCoding::kPackBits)
    for (const bool cross : {false, true})
      for (int pairs = 0; pairs < kPackBitsPairs; ++pairs)
        list.push_back({.coding = coding, .pairs = PackBitsPairs(pairs), .packets_cross_rows = cross});
  return list;
}

// With kChosenDeflate the side of a stream is the header of zlib, this byte, and corrections or nothing.
enum StreamForm : uint8_t { kCorrected = 0, kChosen = 1 };

Result<Bytes> rebuild_chosen(ByteReader& side, ChoicesReader& choices, ByteSpan data, size_t max_bytes) {
  LMC_ASSIGN(const auto header, side.read_bytes(kZlibHeaderBytes, "header of a zlib stream"));
  LMC_ASSIGN(const auto form, side.read_le<uint8_t>("form of a zlib stream"));
  if (form > kChosen) return bad_input("reconstruction data of a TIFF: a stream of an unknown form", side.position());
  LMC_ASSIGN(const auto deflate,
             form == kChosen ? choices.next(data, max_bytes) : rebuild_deflate(side, data, max_bytes));
  return zlib_around(header, deflate, data);
}

}  // namespace

void append_tiff_heuristics(Bytes& side, const TiffStreamHeuristics& heuristics) {
  side.push_back(uint8_t(heuristics.coding));
  if (heuristics.coding == TiffCoding::kLzw)
    append_varint(side, 2 * uint64_t(heuristics.lzw.clear_at) + (heuristics.lzw.watches_ratio ? 1 : 0));
  if (heuristics.coding == TiffCoding::kPackBits)
    side.push_back(uint8_t(2 * int(heuristics.pairs) + (heuristics.packets_cross_rows ? 1 : 0)));
}

Result<TiffStreamHeuristics> read_tiff_heuristics(ByteReader& side) {
  LMC_ASSIGN(const auto coding, side.read_le<uint8_t>("compression of a TIFF"));
  if (coding > uint8_t(TiffCoding::kChosenDeflate))
    return bad_input("reconstruction data of a TIFF: unknown compression");
  TiffStreamHeuristics heuristics{.coding = TiffCoding(coding)};
  if (heuristics.coding == TiffCoding::kLzw) {
    LMC_ASSIGN(const auto clear_at, side.read_varint("size of a cleared table"));
    heuristics.lzw = {.clear_at = uint32_t(std::min<uint64_t>(clear_at / 2, UINT32_MAX)),
                      .watches_ratio = clear_at % 2 != 0};
  }
  if (heuristics.coding == TiffCoding::kPackBits) {
    LMC_ASSIGN(const auto pairs, side.read_le<uint8_t>("heuristics of PackBits"));
    if (pairs / 2 >= kPackBitsPairs) return bad_input("reconstruction data of a TIFF: unknown heuristics of PackBits");
    heuristics.pairs = PackBitsPairs(pairs / 2);
    heuristics.packets_cross_rows = pairs % 2 != 0;
  }
  return heuristics;
}

Result<ParsedTiffStreams> parse_tiff_streams(TiffCoding coding, const std::vector<TiffStreamPlace>& places) {
  std::optional<Try> best;
  Error error;
  for (const TiffStreamHeuristics& heuristics : heuristics_to_try(coding, places)) {
    auto tried = try_heuristics(heuristics, places);
    if (!tried.ok()) {
      error = tried.error();
    } else if (!best || tried->corrections < best->corrections) {
      best = std::move(*tried);
      if (best->corrections == 0) break;
    }
  }
  if (!best) return error;
  return std::move(best->parsed);
}

Result<std::optional<Bytes>> describe_tiff_deflate(std::span<ParsedTiffStream* const> streams) {
  std::vector<bool> chosen;
  DeflateDescriber describer;
  ChoicesWriter choices;
  for (ParsedTiffStream* const stream : streams) {
    LMC_ASSIGN(const auto described, describer.describe(stream->deflate, stream->data, stream->hint));
    chosen.push_back(described.choices.has_value());
    stream->side.assign(stream->header.begin(), stream->header.end());
    if (described.choices)
      LMC_TRY(choices.add(stream->deflate, stream->data, *described.choices));
    else
      append_bytes(stream->side, described.corrections);
  }
  if (std::ranges::find(chosen, true) == chosen.end()) return std::optional<Bytes>();
  for (size_t i = 0; i < streams.size(); ++i) {
    Bytes& side = streams[i]->side;
    side.insert(side.begin() + kZlibHeaderBytes, chosen[i] ? kChosen : kCorrected);
  }
  return std::optional(std::move(choices).finish());
}

Result<Bytes> rebuild_tiff_stream(ByteReader& side, const TiffStreamHeuristics& heuristics, ChoicesReader* choices,
                                  ByteSpan data, size_t row_bytes, size_t max_bytes) {
  switch (heuristics.coding) {
    case TiffCoding::kPlain:
      return Bytes(data.begin(), data.end());
    case TiffCoding::kLzw:
      return rebuild_lzw(side, data, kTiffLzwForm, heuristics.lzw, max_bytes);
    case TiffCoding::kPackBits:
      return rebuild_packbits(side, data, packbits_heuristics(heuristics, row_bytes, data.size()), max_bytes);
    case TiffCoding::kDeflate:
      return rebuild_zlib(side, data, max_bytes);
    case TiffCoding::kChosenDeflate:
      return rebuild_chosen(side, *choices, data, max_bytes);
  }
  return bad_input("reconstruction data of a TIFF: unknown compression");
}

}  // namespace lmc
