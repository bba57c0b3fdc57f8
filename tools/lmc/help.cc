// The texts made from the option table: help, manual page, shell completion.
#include <algorithm>
#include <array>
#include <sstream>

#include "lmc/codecs/levels.h"
#include "tools/lmc/options.h"

namespace lmc {
namespace {

constexpr const char* kUsage =
    "Usage: lmc [options] [FILE...]          FILE -> FILE.lmc\n"
    "       lmc -d [options] [FILE.lmc...]   and back\n"
    "       lmc model list | info [NAME]     the models at hand\n"
    "       lmc model import | add | remove  large ones of others (docs/big-models.md)\n"
    "       lmc explain FILE [-o DRAWING.png]  what each pixel of an image, each moment of a sound costs\n"
    "       lmc train ...                    the trainer, where it is built\n"
    "No FILE, or -, is standard input, and then standard output.\n";

// "-0,-1,...,-9" is shown as "-0 ... -9", "-o,--output" with its argument as "-o, --output FILE".
std::string shown_names(const OptionRow& row) {
  const std::string names = row.names;
  if (names.starts_with("-0,")) return "-0 ... -9";
  std::string out;
  for (char c : names) {
    out += c;
    if (c == ',') out += ' ';
  }
  if (row.argument != nullptr) out += std::string(" ") + row.argument;
  return out;
}

std::vector<std::string> split_names(const OptionRow& row) {
  std::vector<std::string> out;
  std::istringstream in(row.names);
  for (std::string name; std::getline(in, name, ',');) out.push_back(name);
  return out;
}

std::string help(bool only_short) {
  constexpr size_t kColumn = 24;
  std::string out = kUsage;
  std::string section;
  for (const OptionRow& row : option_table()) {
    if (only_short && !row.in_short_help) continue;
    if (section != row.section) out += std::string("\n") + row.section + ":\n";
    section = row.section;
    std::string line = "  " + shown_names(row);
    line.resize(std::max(line.size() + 2, kColumn), ' ');
    out += line + row.help + "\n";
  }
  return out;
}

// Levels that do the same, as one.
struct LevelRange {
  std::string names;  // "4-5"
  const LevelRow* row;
};
std::vector<LevelRange> level_ranges() {
  std::vector<LevelRange> out;
  int first = 0;
  for (const LevelRow& row : level_table()) {
    const auto words = [](const LevelRow& r) {
      return std::array<std::string, 4>{r.text, r.other, r.pictures, r.sounds};
    };
    if (!out.empty() && words(*out.back().row) == words(row)) {
      out.back().names = std::to_string(first) + "-" + std::to_string(row.level);
      continue;
    }
    first = row.level;
    out.push_back({std::to_string(row.level), &row});
  }
  return out;
}

std::string levels_help() {
  std::string out = "\nLevels (text; everything else; pictures; sound):\n";
  for (const LevelRange& range : level_ranges()) {
    std::string line = "  " + range.names;
    line.resize(8, ' ');
    out +=
        line + range.row->text + "; " + range.row->other + "; " + range.row->pictures + "; " + range.row->sounds + "\n";
  }
  return out;
}

// Hyphens must be escaped in troff, or they may be set as dashes; a line that begins with a dot or an apostrophe would
// be taken for a request.
std::string troff(const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool begins_line = i == 0 || text[i - 1] == '\n';
    if (begins_line && (text[i] == '.' || text[i] == '\'')) out += "\\&";
    out += text[i] == '-' ? "\\-" : text[i] == '\\' ? "\\e" : std::string(1, text[i]);
  }
  return out;
}

}  // namespace

std::string short_help() { return help(true) + "\nlmc --help lists all options.\n"; }

std::string levels_table() {
  std::string out = "| levels | text | everything else | pictures | sound |\n|---|---|---|---|---|\n";
  for (const LevelRange& range : level_ranges())
    out += "| " + range.names + " | " + range.row->text + " | " + range.row->other + " | " + range.row->pictures +
           " | " + range.row->sounds + " |\n";
  return out;
}

std::string full_help() {
  return help(false) + levels_help() +
         "\nExit codes: 0 done, 1 wrong usage, 2 environment (files, memory, missing model),\n" +
         "3 bad input (damaged or no .lmc file), 4 a bug in lmc. With several files: the highest.\n";
}

std::string man_page() {
  std::string out =
      ".\\\" Made by lmc --print-man-page from the option table in tools/lmc/options.cc.\n"
      ".TH LMC 1 \"\" \"lmc " LMC_VERSION
      "\" \"User Commands\"\n"
      ".SH NAME\nlmc \\- lossless compression by prediction\n"
      ".SH SYNOPSIS\n";
  static constexpr const char* kCalls[][2] = {{"lmc", "[options] [FILE...]"},
                                              {"lmc -d", "[options] [FILE.lmc...]"},
                                              {"lmc model", "list | info [NAME]"},
                                              {"lmc model import", "FILE.gguf -o X.lmcm [--window N]"},
                                              {"lmc model add", "X.lmcm"},
                                              {"lmc model remove", "NAME"},
                                              {"lmc explain", "FILE [-o DRAWING.png]"},
                                              {"lmc train", "..."}};
  for (const auto& [command, arguments] : kCalls)
    out += (command == kCalls[0][0] ? "" : ".br\n") + (".B " + troff(command) + "\n") + troff(arguments) + "\n";
  out +=
      ".SH DESCRIPTION\n"
      "A language model and adaptive context models predict the bytes of a file, and an arithmetic coder writes down\n"
      "only what they did not foresee. The manners are those of\n.BR zstd (1):\n"
      "each FILE becomes FILE.lmc, sources are kept, nothing is overwritten without\n.BR \\-f ,\n"
      "and no FILE, or \\-, means standard input and standard output.\n"
      "Folders, devices, pipes and sockets are skipped; with\n.B \\-c\nor\n.B \\-o\n"
      "devices and pipes are read. An output that is one of the inputs is refused. A symbolic link given to\n"
      ".B \\-o\nstays, and what it leads to is written; one in place of FILE.lmc is replaced with\n.BR \\-f .\n";
  std::string section;
  for (const OptionRow& row : option_table()) {
    if (section != row.section) out += std::string(".SH ") + row.section + "\n";
    section = row.section;
    out += ".TP\n.B " + troff(shown_names(row)) + "\n" + troff(row.help) + "\n";
  }
  return out +
         ".SH ENVIRONMENT\n.TP\n.B LMC_MODELS\nfolders with .lmcm files, colons between them\n"
         ".TP\n.B XDG_DATA_HOME\nmodels that were added lie in its lmcompress/models (default ~/.local/share)\n"
         ".SH EXIT STATUS\n0 done, 1 wrong usage, 2 environment (files, memory, missing model), 3 bad input,\n"
         "4 a bug. With several files: the highest.\n"
         ".SH SEE ALSO\n.BR zstd (1),\n.BR xz (1)\n";
}

std::string bash_completion() {
  std::string words;
  std::string cases;
  for (const OptionRow& row : option_table()) {
    const std::vector<std::string> names = split_names(row);
    for (const std::string& name : names) words += (words.empty() ? "" : " ") + name;
    if (row.choices == nullptr) continue;
    std::string pattern;
    for (const std::string& name : names) pattern += (pattern.empty() ? "" : "|") + name;
    cases += "    " + pattern + ")\n      COMPREPLY=($(compgen -W '" + row.choices +
             "' -- \"$word\"))\n      return\n" + "      ;;\n";
  }
  return "# Completion for bash. Made by lmc --print-completion from the option table in tools/lmc/options.cc.\n"
         "_lmc() {\n  local word=\"${COMP_WORDS[COMP_CWORD]}\"\n  case \"${COMP_WORDS[COMP_CWORD - 1]}\" in\n" +
         cases + "  esac\n  if [[ $word == -* ]]; then\n    COMPREPLY=($(compgen -W '" + words +
         "' -- \"$word\"))\n  else\n    COMPREPLY=($(compgen -f -- \"$word\"))\n  fi\n}\n"
         "complete -o filenames -F _lmc lmc\n";
}

}  // namespace lmc
