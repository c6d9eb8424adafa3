#include "output.h"

#include <unistd.h>

#include <iostream>
#include <string>

namespace crowd_confluence::tool {
namespace {

constexpr std::size_t kWidth = 80;

/// Words of a text in lines, each behind an indent. A word that is too long has a line of its own.
void print_text(std::ostream& out, std::string_view text, std::string_view indent) {
  std::size_t column = 0;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    if (column > 0 && column + 1 + word.size() > kWidth) {
      out << '\n';
      column = 0;
    }
    out << (column == 0 ? indent : std::string_view(" ")) << word;
    column += (column == 0 ? indent.size() : 1) + word.size();
    text.remove_prefix(std::min(word.size() + 1, text.size()));
  }
  out << '\n';
}

std::string headline(const Finding& finding) {
  std::string line;
  switch (finding.result) {
    case Result::session:
      line = "A session" + (finding.user.empty() ? std::string() : " of " + finding.user);
      break;
    case Result::missing:
      line = "No token";
      break;
    case Result::rejected:
      line = "No session";
      break;
    case Result::unavailable:
      line = "It cannot be told";
      break;
  }
  if (!finding.cause) return line + " (" + std::string(to_string(finding.reason)) + ")";
  return line + (finding.result == Result::session ? ", but " : ": ") +
         std::string(to_string(*finding.cause)) + " (" + std::string(to_string(finding.certainty)) +
         ")";
}

}  // namespace

void print_finding(std::ostream& out, const Finding& finding) {
  out << headline(finding) << '\n';
  print_text(out, finding.sentence + ".", "  ");
  if (!finding.candidates.empty()) {
    std::string words;
    for (const Cause cause : finding.candidates)
      words.append(words.empty() ? "" : ", ").append(to_string(cause));
    out << "\nWhat fits\n";
    print_text(out, words, "  ");
  }
  if (!finding.remedy.empty()) {
    out << "\nWhat to do\n";
    print_text(out, finding.remedy, "  ");
  }
  if (!finding.steps.empty()) out << "\nWhat was asked\n";
  for (const Step& step : finding.steps) {
    print_text(out, (step.ok ? "[ok] " : "[no] ") + step.asked, "  ");
    print_text(out, step.answer, "       ");
    print_text(out, "-> " + step.means, "       ");
  }
  if (finding.cause) out << "\nMore: docs/causes.md#" << meaning_of(*finding.cause).anchor << '\n';
}

Progress::Progress() : is_terminal_(isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  if (is_terminal_) std::cerr << "\r\x1b[K" << std::flush;
}

void Progress::show(std::string_view asked) const {
  if (is_terminal_) std::cerr << "\r\x1b[KAsking " << asked << " ..." << std::flush;
}

}  // namespace crowd_confluence::tool
