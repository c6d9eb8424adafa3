#include "handlers/check_page.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "handlers/check_case.h"

namespace crowd_confluence::httpd {
namespace {

constexpr std::string_view kStyle = R"(
:root { color-scheme: light dark; --line: #8886; --good: #1a7f37; --bad: #b3261e; --open: #8a5a00; }
@media (prefers-color-scheme: dark) {
  :root { --good: #56d364; --bad: #ff8a80; --open: #f0b429; }
}
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 46rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.25rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
.verdict { border: 2px solid; border-radius: .5rem; padding: .75rem 1rem; }
.verdict p { margin: .25rem 0; overflow-wrap: anywhere; }
.headline { font-size: 1.15rem; font-weight: 600; }
.good { border-color: var(--good); } .bad { border-color: var(--bad); }
.open { border-color: var(--open); }
.steps { list-style: none; padding: 0; }
.steps li { border-top: 1px solid var(--line); padding: .5rem 0 .5rem 2rem; position: relative;
  overflow-wrap: anywhere; }
.mark { position: absolute; left: .25rem; font-weight: 700; }
.steps .good { color: var(--good); } .steps .bad { color: var(--bad); }
dl { display: grid; grid-template-columns: minmax(9rem, max-content) 1fr; gap: .25rem 1rem; }
dt { font-weight: 600; } dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 30rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: .5rem; } }
code { overflow-wrap: anywhere; }
fieldset { border: 1px solid var(--line); border-radius: .5rem; margin: 1rem 0; }
label { display: block; padding: .2rem 0; }
input[type=text] { width: 100%; box-sizing: border-box; padding: .4rem; font: inherit; }
button { font: inherit; padding: .5rem 1.25rem; cursor: pointer; }
)";

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\'':
        result += "&#39;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

/// With a capital letter, unless it begins with a name such as that of a file, and a full stop.
std::string as_sentence(std::string_view text) {
  std::string result(text);
  if (result.empty()) return result;
  const bool begins_with_name = text.substr(0, text.find(' ')).find('.') != std::string_view::npos;
  if (!begins_with_name && result[0] >= 'a' && result[0] <= 'z')
    result[0] = static_cast<char>(result[0] - 32);
  if (std::string_view(".!?").find(result.back()) == std::string_view::npos) result += '.';
  return escaped(result);
}

/// Before anybody was asked, only what the request itself proves is worth telling.
bool tells_cause(const CheckPage& page) {
  return page.finding.cause && (page.is_checked || page.finding.certainty == Certainty::proven);
}

std::string_view headline_of(const CheckPage& page) {
  const Finding& finding = page.finding;
  if (!page.is_checked && !tells_cause(page)) return "Not checked yet";
  if (finding.result == Result::session)
    return finding.cause ? "SSO works here, and something is wrong" : "SSO works";
  if (finding.cause)
    return finding.certainty == Certainty::proven ? "The cause is found" : "The likely cause";
  return "SSO does not work";
}

/// State is shown by a word and a shape, and by colour only besides.
std::string verdict(const CheckPage& page) {
  const Finding& finding = page.finding;
  const bool is_good = finding.result == Result::session && !finding.cause;
  const bool is_open = !page.is_checked && !tells_cause(page);
  const char* const shape = is_good ? "✔" : is_open ? "○" : "✖";
  std::string html = "<section class=\"verdict ";
  html += is_good ? "good" : is_open ? "open" : "bad";
  html += "\" aria-label=\"Verdict\">\n<p class=\"headline\"><span aria-hidden=\"true\">";
  html.append(shape).append("</span> ").append(headline_of(page)).append("</p>\n");
  if (!finding.sentence.empty() && !is_open)
    html += "<p>" + as_sentence(finding.sentence) + "</p>\n";
  if (!finding.user.empty())
    html += "<p>User: <strong>" + escaped(finding.user) + "</strong></p>\n";
  if (!finding.remedy.empty())
    html += "<p><strong>Remedy:</strong> " + escaped(finding.remedy) + "</p>\n";
  if (tells_cause(page)) {
    html += "<p>Cause: <code>" + escaped(to_string(*finding.cause)) + "</code> (" +
            escaped(to_string(finding.certainty)) + ")";
    html += " · reason: <code>" + escaped(to_string(finding.reason)) + "</code></p>\n";
  }
  return html + "</section>\n";
}

std::string candidates(const CheckPage& page) {
  const Finding& finding = page.finding;
  if (finding.candidates.empty() || !page.is_checked) return {};
  std::string html = "<h2>What fits, and what would decide</h2>\n<ul>\n";
  for (const Cause cause : finding.candidates) {
    const CauseMeaning& meaning = meaning_of(cause);
    html +=
        "<li><code>" + escaped(meaning.word) + "</code>: " + as_sentence(texts_of(cause).sentence);
    if (!meaning.decided_by.empty()) html += " " + as_sentence(meaning.decided_by);
    html += "</li>\n";
  }
  return html + "</ul>\n";
}

std::string steps(const Finding& finding) {
  if (finding.steps.empty()) return {};
  std::string html = "<h2>Step by step</h2>\n<ol class=\"steps\">\n";
  for (const Step& step : finding.steps) {
    html += step.ok ? "<li><span class=\"mark good\" role=\"img\" aria-label=\"as it should be\">✔"
                    : "<li><span class=\"mark bad\" role=\"img\" aria-label=\"not as it should "
                      "be\">✖";
    html += "</span><strong>" + as_sentence(step.asked) + "</strong><br>" +
            as_sentence(step.answer) + "<br>" + as_sentence(step.means) + "</li>\n";
  }
  return html + "</ol>\n";
}

void add_row(std::string& html, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  html += "<dt>" + escaped(name) + "</dt><dd>" + escaped(value) + "</dd>\n";
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text.append(text.empty() ? "" : ", ").append(word);
  return text;
}

std::string_view words_for(TokenState token) {
  switch (token) {
    case TokenState::usable:
      return "there; its value is not shown";
    case TokenState::absent:
      return "the browser did not send it";
    case TokenState::empty:
      return "there, without a value";
    case TokenState::malformed:
      return "there, with a value that is no token of Crowd's";
  }
  return "";
}

std::string known(const Evidence& evidence) {
  const RequestEvidence& request = evidence.request;
  const SetupEvidence& setup = evidence.setup;
  std::string html = "<h2>What is known of this request</h2>\n<dl>\n";
  add_row(html, "Your address", request.client_address);
  add_row(html, "Told by the proxy", request.peer_address);
  add_row(html, "X-Forwarded-For", joined(request.forwarded_for));
  add_row(html, "Host", request.scheme + "://" + request.host);
  add_row(html, "SSO cookie " + setup.token_cookie, words_for(request.token));
  if (request.token_cookies > 1)
    add_row(html, "Cookies of that name", std::to_string(request.token_cookies));
  add_row(html, "All cookies' names", joined(request.cookie_names));
  add_row(html, "Confluence", setup.confluence);
  add_row(html, "Crowd",
          setup.crowd.empty() ? "cannot be asked: CrowdConfluenceCrowdURL and "
                                "CrowdConfluenceCrowdApplication are not both set here"
                              : setup.crowd + ", as application " + setup.application);
  return html + "</dl>\n";
}

std::string form(const CheckPage& page) {
  std::string html =
      "<h2 id=\"check\">Check</h2>\n<form method=\"post\">\n"
      "<p>Confluence and Crowd are asked about this browser's SSO cookie, for three "
      "seconds at most. Nothing is changed.</p>\n"
      "<input type=\"hidden\" name=\"seal\" value=\"" +
      escaped(page.seal) +
      "\">\n"
      "<fieldset><legend>What you have seen (optional)</legend>\n";
  for (const ObservationField& field : kObservationFields) {
    html += "<label><input type=\"checkbox\" name=\"" + std::string(field.name) + "\" value=\"1\"";
    if (page.evidence.observed.*field.observation) html += " checked";
    html += "> " + escaped(field.sentence) + "</label>\n";
  }
  html +=
      "</fieldset>\n<label>Addresses of proxies before the log-in page (optional, at most "
      "three)<input type=\"text\" name=\"" +
      std::string(kCandidatesField) + "\" value=\"" +
      escaped(joined(page.evidence.setup.candidates)) +
      "\" autocomplete=\"off\" maxlength=\"200\"></label>\n<p><button type=\"submit\">" +
      (page.is_checked ? "Check again" : "Check now") + "</button></p>\n</form>\n";
  return html;
}

}  // namespace

std::string check_page(const CheckPage& page) {
  std::string html =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"robots\" content=\"noindex\">\n<title>";
  html.append(headline_of(page)).append(" – single sign-on check</title>\n");
  html += "<style nonce=\"" + page.nonce + "\">" + std::string(kStyle) + "</style>\n";
  html +=
      "</head>\n<body>\n<header><h1>Single sign-on to Confluence: check</h1></header>\n<main>\n";
  html +=
      verdict(page) + candidates(page) + steps(page.finding) + form(page) + known(page.evidence);
  return html + "</main>\n</body>\n</html>\n";
}

}  // namespace crowd_confluence::httpd
