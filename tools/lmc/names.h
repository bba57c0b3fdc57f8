// File names may hold any bytes: how they are shown on a terminal, and written as JSON.
#ifndef TOOLS_LMC_NAMES_H_
#define TOOLS_LMC_NAMES_H_

#include <string>
#include <string_view>

namespace lmc {

// Control characters, those that turn the direction of writing, and bytes that are no UTF-8 become \n, \t, \r or \x1B:
// nothing in a name can steer the terminal or begin a line of its own.
std::string shown(std::string_view name);
// The same for a whole message, whose own line ends stay.
std::string shown_message(std::string_view message);

bool is_utf8(std::string_view text);

// With its quotation marks. Each byte that is no UTF-8 becomes U+FFFD.
std::string json_string(std::string_view text);
// "file": NAME; if NAME is no UTF-8 also "file_hex": its bytes, two hexadecimal digits each.
std::string json_file_members(std::string_view name);

// Columns it takes on a terminal at most: two for what may be a wide character, one for others.
size_t columns_of(std::string_view utf8);
// Its last characters, as many as fit into so many columns, after "..." if some are missing.
std::string shorten_to(std::string_view utf8, size_t columns);

}  // namespace lmc

#endif  // TOOLS_LMC_NAMES_H_
