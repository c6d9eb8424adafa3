#include "process/config_checks.h"

#include <apr_cstr.h>
#include <http_config.h>
#include <util_cfgtree.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "apr/headers.h"
#include "config/own_pages.h"
#include "config/place.h"
#include "config/written_directives.h"
#include "log.h"

namespace crowd_confluence::httpd {
namespace {

constexpr std::string_view kForwardedFor = "x-forwarded-for";

bool is_word(const std::string& word, const char* other) {
  return apr_cstr_casecmp(word.c_str(), other) == 0;
}

bool is_on(const WrittenDirective& directive) {
  return directive.is("CrowdConfluence") && directive.words.size() == 1 &&
         is_word(directive.words[0], "On");
}

bool is_off(const WrittenDirective& directive) {
  return directive.is("CrowdConfluence") && !is_on(directive);
}

/// The module's own pages use its settings as well.
bool names_own_page(const WrittenDirective& directive) {
  return directive.is("SetHandler") && directive.words.size() == 1 &&
         directive.words[0] == kCheckHandler;
}

bool is_own(const WrittenDirective& directive) {
  constexpr std::string_view kBeginning = "CrowdConfluence";
  return apr_cstr_casecmpn(directive.node->directive, kBeginning.data(), kBeginning.size()) == 0;
}

/// What httpd passes on by its URL, so that it looks for no file; with the URLs that it holds for.
/// mod_rewrite does so only outside of sections.
bool is_proxying(WrittenDirective& directive) {
  std::vector<std::string>& words = directive.words;
  if (directive.is("RewriteRule")) {
    if (directive.scope != WrittenDirective::all_urls || words.size() < 3) return false;
    directive.scope = WrittenDirective::some_urls;
    std::string flags = words[2];
    std::replace_if(
        flags.begin(), flags.end(), [](char c) { return std::strchr("[] ", c) != nullptr; }, ',');
    flags = "," + flags + ",";
    return flags.find(",P,") != std::string::npos || flags.find(",proxy,") != std::string::npos;
  }
  const bool is_pattern = directive.is("ProxyPassMatch");
  if (!is_pattern && !directive.is("ProxyPass")) return false;
  while (!words.empty() && (is_word(words[0], "interpolate") || is_word(words[0], "noquery")))
    words.erase(words.begin());
  const bool names_path = directive.scope == WrittenDirective::all_urls;
  if (words.size() < (names_path ? 2U : 1U) || words[names_path ? 1 : 0] == "!") return false;
  if (names_path) {
    directive.scope = is_pattern ? WrittenDirective::some_urls : WrittenDirective::below_path;
    directive.path = words[0];
  }
  return true;
}

/// RequestHeader, taken apart.
struct HeaderChange {
  explicit HeaderChange(const WrittenDirective& directive) {
    std::vector<std::string> words = directive.words;
    is_early = !words.empty() && is_word(words.back(), "early");
    if (words.size() < 2) return;
    action = words[0];
    header = words[1];
    if (header.ends_with(':')) header.pop_back();
    concerns_address = is_same_header(header.c_str(), kForwardedFor);
  }

  /// Whether what stood there before is lost, or joined with something else.
  [[nodiscard]] bool spoils_value() const {
    constexpr std::array kActions = {"set", "unset", "add", "append", "merge"};
    return std::any_of(kActions.begin(), kActions.end(),
                       [&](const char* each) { return is_word(action, each); });
  }

  std::string action;
  std::string header;
  bool is_early = false;
  bool concerns_address = false;
};

class Checks {
 public:
  Checks(server_rec* main_server, apr_pool_t* pool)
      : main_server_(main_server),
        pool_(pool),
        all_(read_written_directives(
            ap_conftree,
            {"ProxyPass", "ProxyPassMatch", "RewriteRule", "RequestHeader", "SetHandler"}, pool)) {
    for (const WrittenDirective& directive : all_) {
      if (is_on(directive)) on_.push_back(&directive);
      WrittenDirective proxying = directive;
      if (is_proxying(proxying)) proxying_.push_back(proxying);
    }
  }

  /// A request that is passed on by its URL enters neither <Directory> nor <Files>.
  void find_on_for_files() const {
    for (const WrittenDirective* on : on_) {
      if (on->scope != WrittenDirective::files) continue;
      const auto passes_by =
          std::find_if(proxying_.begin(), proxying_.end(), [&](const WrittenDirective& proxying) {
            return share_a_host(*on, proxying) && !is_on_for(proxying);
          });
      if (passes_by == proxying_.end()) continue;
      ap_log_error(APLOG_MARK, APLOG_WARNING, 0, server_of(*on),
                   CCF_ON_FOR_FILES
                   "%s: 'CrowdConfluence On' does not hold for requests that %s passes on (%s): "
                   "httpd looks for no file then, and enters no <Directory> and no <Files>. "
                   "Remedy: put it into a <Location>",
                   place_of(pool_, *on->node), passes_by->node->directive,
                   place_of(pool_, *passes_by->node));
    }
  }

  /// `Off` says that it is meant so.
  void find_settings_without_on() const {
    std::vector<const ap_directive_t*> told;
    for (const WrittenDirective& setting : all_) {
      const auto shares_host = [&](const WrittenDirective& other) {
        return share_a_host(setting, other) &&
               (is_on(other) || is_off(other) || names_own_page(other));
      };
      if (!is_own(setting) || std::any_of(all_.begin(), all_.end(), shares_host) ||
          std::find(told.begin(), told.end(), setting.host) != told.end())
        continue;
      told.push_back(setting.host);
      ap_log_error(APLOG_MARK, APLOG_WARNING, 0, server_of(setting),
                   CCF_NEVER_ON
                   "%s: %s has no effect, as no 'CrowdConfluence On' stands anywhere in this %s. "
                   "Remedy: put 'CrowdConfluence On' into the <Location> of each app that is to "
                   "have sessions",
                   place_of(pool_, *setting.node), setting.node->directive,
                   setting.host != nullptr ? "virtual host or outside" : "configuration");
    }
  }

  /// mod_headers comes after this module, and what it does early comes before.
  void find_changed_addresses() const {
    for (const WrittenDirective& directive : all_) {
      if (!directive.is("RequestHeader")) continue;
      const HeaderChange change(directive);
      if (!change.concerns_address || !meets_clean_address(directive)) continue;
      const bool removes = is_word(change.action, "unset");
      if (removes && (change.is_early || is_proxied(directive))) continue;
      if (change.is_early && !reads_forwarded_for(pool_)) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, server_of(directive),
                     CCF_ADDRESS_CHANGED
                     "%s: 'RequestHeader %s X-Forwarded-For ... early' has no effect, as "
                     "mod_crowd_confluence lets the app receive the address that httpd knows, and "
                     "only that. Remedy: remove the line, and let mod_remoteip find the user's "
                     "address",
                     place_of(pool_, *directive.node), change.action.c_str());
      } else if (!change.is_early) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, server_of(directive),
                     CCF_ADDRESS_CHANGED
                     "%s: 'RequestHeader %s X-Forwarded-For' spoils the one address that "
                     "mod_crowd_confluence lets the app receive: sessions end as soon as the app "
                     "sends another one to Confluence. Remedy: remove the line, and let "
                     "mod_remoteip find the user's address",
                     place_of(pool_, *directive.node), change.action.c_str());
      }
    }
  }

  /// The session's cookies are there before mod_headers' turn.
  void find_changed_sessions() const {
    for (const WrittenDirective& directive : all_) {
      if (!directive.is("RequestHeader")) continue;
      const HeaderChange change(directive);
      if (change.is_early || !change.spoils_value() || !carries_session(change, directive))
        continue;
      ap_log_error(APLOG_MARK, APLOG_WARNING, 0, server_of(directive),
                   CCF_SESSION_CHANGED
                   "%s: 'RequestHeader %s %s' spoils the header in which mod_crowd_confluence "
                   "passes the session to the app. Remedy: remove the line, or pass the session in "
                   "another header (CrowdConfluencePassAs)",
                   place_of(pool_, *directive.node), change.action.c_str(), change.header.c_str());
    }
  }

 private:
  /// Whether the module passes sessions in this header where it may be changed, as the settings of
  /// the sections say in which it is On.
  [[nodiscard]] bool carries_session(const HeaderChange& change,
                                     const WrittenDirective& directive) const {
    return std::any_of(on_.begin(), on_.end(), [&](const WrittenDirective* on) {
      if (!share_a_host(*on, directive) || !may_meet(*on, directive)) return false;
      const WrittenDirective* const pass_as = nearest(*on, "CrowdConfluencePassAs");
      const bool in_header =
          pass_as != nullptr && !pass_as->words.empty() && is_word(pass_as->words[0], "header");
      if (!in_header) return is_same_header(change.header.c_str(), "cookie");
      std::string name = pass_as->words.size() > 1 ? pass_as->words[1] : "X-Confluence-Cookie";
      std::transform(name.begin(), name.end(), name.begin(), folded);
      return is_same_header(change.header.c_str(), name);
    });
  }

  /// Whether the module is On for what is proxied, as far as can be told.
  [[nodiscard]] bool is_on_for(const WrittenDirective& proxying) const {
    return std::any_of(on_.begin(), on_.end(), [&](const WrittenDirective* on) {
      return on->scope != WrittenDirective::files && share_a_host(*on, proxying) &&
             may_enclose(*on, proxying);
    });
  }

  [[nodiscard]] bool is_proxied(const WrittenDirective& directive) const {
    return std::any_of(proxying_.begin(), proxying_.end(), [&](const WrittenDirective& proxying) {
      return share_a_host(directive, proxying) && may_meet(directive, proxying);
    });
  }

  /// Whether it may hold for a request for which the module is On and sends the address.
  [[nodiscard]] bool meets_clean_address(const WrittenDirective& directive) const {
    return std::any_of(on_.begin(), on_.end(), [&](const WrittenDirective* on) {
      return share_a_host(*on, directive) && may_meet(*on, directive) && sends_address(*on);
    });
  }

  [[nodiscard]] bool sends_address(const WrittenDirective& on) const {
    const WrittenDirective* const setting = nearest(on, "CrowdConfluenceForwardedFor");
    return setting == nullptr || setting->words.size() != 1 || !is_word(setting->words[0], "Off");
  }

  /// The directive of this name that holds where `on` does: one in the same section, outside of it
  /// in the same host, or in the main server. Null if there is none.
  [[nodiscard]] const WrittenDirective* nearest(const WrittenDirective& on,
                                                const char* name) const {
    int nearest = 0;
    const WrittenDirective* found = nullptr;
    for (const WrittenDirective& directive : all_) {
      if (!directive.is(name)) continue;
      const bool is_outside = directive.scope == WrittenDirective::all_urls;
      const int nearness = directive.node->parent == on.node->parent ? 3
                           : is_outside && directive.host == on.host ? 2
                           : is_outside && directive.host == nullptr ? 1
                                                                     : 0;
      if (nearness == 0 || nearness < nearest) continue;
      nearest = nearness;
      found = &directive;
    }
    return found;
  }

  [[nodiscard]] const server_rec* server_of(const WrittenDirective& directive) const {
    for (const server_rec* server = main_server_; server != nullptr && directive.host != nullptr;
         server = server->next)
      if (server->defn_name != nullptr &&
          server->defn_line_number == static_cast<unsigned>(directive.host->line_num) &&
          std::strcmp(server->defn_name, directive.host->filename) == 0)
        return server;
    return main_server_;
  }

  server_rec* main_server_;
  apr_pool_t* pool_;
  std::vector<WrittenDirective> all_;
  std::vector<const WrittenDirective*> on_;
  std::vector<WrittenDirective> proxying_;
};

}  // namespace

void warn_of_what_does_not_hold(server_rec* main_server, apr_pool_t* temporary_pool) {
  const Checks checks(main_server, temporary_pool);
  checks.find_on_for_files();
  checks.find_settings_without_on();
  checks.find_changed_addresses();
  checks.find_changed_sessions();
}

bool reads_forwarded_for(apr_pool_t* temporary_pool) {
  const auto all = read_written_directives(ap_conftree, {"RemoteIPHeader"}, temporary_pool);
  return std::any_of(all.begin(), all.end(), [](const WrittenDirective& directive) {
    return directive.is("RemoteIPHeader") && !directive.words.empty() &&
           is_same_header(directive.words[0].c_str(), kForwardedFor);
  });
}

}  // namespace crowd_confluence::httpd
