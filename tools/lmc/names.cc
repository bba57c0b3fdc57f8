#include "tools/lmc/names.h"

#include <cstdint>
#include <cstdio>

namespace lmc {
namespace {

struct Character {
  size_t bytes = 1;
  char32_t code = 0;
  bool valid = false;  // false: one byte that is no UTF-8
};

// What begins at text[at]; at < text.size().
Character character_at(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return uint8_t(text[i]); };
  const uint8_t first = byte(at);
  if (first < 0x80) return {1, first, true};
  const size_t bytes = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || at + bytes > text.size()) return {};
  char32_t code = first & (0xFFu >> (bytes + 1));
  for (size_t i = 1; i < bytes; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return {};
    code = code << 6 | (byte(at + i) & 0x3F);
  }
  const bool too_long = (bytes == 3 && code < 0x800) || (bytes == 4 && code < 0x10000);
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (too_long || surrogate || code > 0x10FFFF) return {};
  return {bytes, code, true};
}

// C0, DEL and C1 controls, line and paragraph separators, marks that turn the direction of writing.
bool steers_the_terminal(char32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0) || (code >= 0x2028 && code <= 0x202E) ||
         (code >= 0x2066 && code <= 0x2069) || code == 0x200E || code == 0x200F || code == 0x061C;
}

std::string escaped(std::string_view text, bool keep_line_ends) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const Character c = character_at(text, at);
    const std::string_view bytes = text.substr(at, c.bytes);
    at += c.bytes;
    if (c.valid && (!steers_the_terminal(c.code) || (keep_line_ends && c.code == '\n'))) {
      out += bytes;
      continue;
    }
    const size_t letter = c.valid ? std::string_view("\n\t\r").find(char(c.code)) : std::string_view::npos;
    if (c.valid && c.code < 0x20 && letter != std::string_view::npos) {
      out += std::string("\\") + "ntr"[letter];
      continue;
    }
    for (const char byte : bytes) {
      char hex[8];
      std::snprintf(hex, sizeof hex, "\\x%02X", unsigned(uint8_t(byte)));
      out += hex;
    }
  }
  return out;
}

}  // namespace

std::string shown(std::string_view name) { return name.empty() ? "(empty name)" : escaped(name, false); }

std::string shown_message(std::string_view message) { return escaped(message, true); }

bool is_utf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const Character c = character_at(text, at);
    if (!c.valid) return false;
    at += c.bytes;
  }
  return true;
}

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (size_t at = 0; at < text.size();) {
    const Character c = character_at(text, at);
    if (!c.valid) {
      out += "\\ufffd";
    } else if (c.code == '"' || c.code == '\\') {
      out += std::string("\\") + char(c.code);
    } else if (steers_the_terminal(c.code)) {
      char escape[16];
      std::snprintf(escape, sizeof escape, "\\u%04x", unsigned(c.code));
      out += escape;
    } else {
      out += text.substr(at, c.bytes);
    }
    at += c.bytes;
  }
  return out + "\"";
}

std::string json_file_members(std::string_view name) {
  std::string out = "\"file\": " + json_string(name);
  if (is_utf8(name)) return out;
  out += ", \"file_hex\": \"";
  for (const char byte : name) {
    char hex[8];
    std::snprintf(hex, sizeof hex, "%02x", unsigned(uint8_t(byte)));
    out += hex;
  }
  return out + "\"";
}

size_t columns_of(std::string_view utf8) {
  constexpr char32_t kFirstWide = 0x1100;  // not all beyond it are wide, but too short a line does no harm
  size_t columns = 0;
  for (size_t at = 0; at < utf8.size();) {
    const Character c = character_at(utf8, at);
    columns += c.code >= kFirstWide ? 2 : 1;
    at += c.bytes;
  }
  return columns;
}

std::string shorten_to(std::string_view utf8, size_t columns) {
  if (columns_of(utf8) <= columns) return std::string(utf8);
  const std::string_view dots = std::string_view("...").substr(0, columns);
  size_t at = 0;
  while (columns_of(utf8.substr(at)) > columns - dots.size()) at += character_at(utf8, at).bytes;
  return std::string(dots) + std::string(utf8.substr(at));
}

}  // namespace lmc
