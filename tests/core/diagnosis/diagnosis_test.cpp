// Evidence of each cause, judged.

#include "crowd_confluence/diagnosis/diagnosis.h"

#include <algorithm>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <functional>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "harness/printing.h"

using namespace crowd_confluence;
namespace data = boost::unit_test::data;

namespace {

CrowdEvidence refusing(CrowdFailure failure = CrowdFailure::invalid_token) {
  CrowdEvidence answer;
  answer.error.emplace().failure = failure;
  answer.error->text = "no";
  return answer;
}

CrowdEvidence accepting() {
  CrowdEvidence answer;
  answer.user = "alice";
  return answer;
}

/// Confluence takes the visitor for nobody; Crowd has not been asked.
Evidence nobody() {
  Evidence evidence;
  evidence.setup.confluence = "http://wiki.example.com:8090/confluence";
  evidence.setup.confluence_scheme = "http";
  evidence.setup.confluence_host = "wiki.example.com";
  evidence.setup.probe_path = "/rest/api/user/current";
  evidence.setup.crowd = "http://crowd.example.com/crowd";
  evidence.setup.crowd_host = "crowd.example.com";
  evidence.setup.application = "confluence";
  evidence.request.scheme = "http";
  evidence.request.host = "app.example.com";
  evidence.request.client_address = "192.0.2.7";
  evidence.request.has_cookies = true;
  evidence.request.token = TokenState::usable;
  evidence.request.token_cookies = 1;
  evidence.request.cookie_names = {"crowd.token_key"};
  ConfluenceEvidence& probe = evidence.probe.emplace();
  probe.result = Result::rejected;
  probe.reason = Reason::anonymous;
  probe.status = 200;
  probe.is_from_atlassian = true;
  probe.local_address = "10.0.0.7";
  return evidence;
}

/// Crowd knows the token, and answers about addresses as given.
Evidence asked(CrowdEvidence as_client, CrowdEvidence as_forwarded) {
  Evidence evidence = nobody();
  evidence.cookie_config.emplace().cookie.name = "crowd.token_key";
  evidence.session = accepting();
  evidence.as_client = std::move(as_client);
  evidence.as_forwarded = std::move(as_forwarded);
  return evidence;
}

Evidence accepted() {
  return asked(accepting(), accepting());
}

Evidence bound_elsewhere(CandidateEvidence::Kind kind, std::string address) {
  Evidence evidence = asked(refusing(), refusing());
  evidence.candidates.push_back({kind, std::move(address), accepting()});
  return evidence;
}

Evidence unavailable(Reason reason, int status) {
  Evidence evidence = nobody();
  evidence.probe->result = Result::unavailable;
  evidence.probe->reason = reason;
  evidence.probe->status = status;
  evidence.probe->is_from_atlassian = false;
  return evidence;
}

Evidence unanswered(Reason reason, HttpFailure failure) {
  Evidence evidence = unavailable(reason, 0);
  evidence.probe->failure = failure;
  evidence.probe->is_unconnected = true;
  evidence.probe->detail = "the error's own word";
  return evidence;
}

Evidence redirected(std::string scheme, std::string host, std::string path) {
  Evidence evidence = unavailable(Reason::redirect, 302);
  evidence.probe->location = scheme + "://" + host + path;
  evidence.probe->location_scheme = std::move(scheme);
  evidence.probe->location_host = std::move(host);
  evidence.probe->location_path = std::move(path);
  return evidence;
}

Evidence known() {
  Evidence evidence = nobody();
  evidence.probe->result = Result::session;
  evidence.probe->reason = Reason::known;
  evidence.probe->user = "alice";
  return evidence;
}

Evidence without_cookie() {
  Evidence evidence = nobody();
  evidence.probe.reset();
  evidence.request.token = TokenState::absent;
  evidence.request.token_cookies = 0;
  evidence.request.cookie_names.clear();
  CrowdCookie& cookie = evidence.cookie_config.emplace().cookie;
  cookie.name = "crowd.token_key";
  cookie.domain = "example.com";
  return evidence;
}

Evidence crowd_refuses(CrowdFailure failure) {
  Evidence evidence = nobody();
  CrowdError& error = evidence.cookie_config.emplace().error.emplace();
  error.failure = failure;
  error.text = "the error's own word";
  error.address = "10.0.0.8";
  return evidence;
}

struct Case {
  Cause cause;
  Certainty certainty;
  std::function<Evidence()> evidence;
  std::vector<Cause> candidates = {};
  const char* in_remedy = "";
};
std::ostream& operator<<(std::ostream& out, const Case& one) {
  return out << to_string(one.cause);
}

template <typename Change>
Evidence changed(Evidence evidence, Change change) {
  change(evidence);
  return evidence;
}

constexpr Certainty kProven = Certainty::proven;
constexpr Certainty kLikely = Certainty::likely;
constexpr Certainty kAmbiguous = Certainty::ambiguous;

const std::vector<Case> kCases = {
    {Cause::untrusted_proxy,
     kProven,
     [] { return asked(accepting(), refusing()); },
     {},
     "Add 10.0.0.7 to Trusted proxy servers in Crowd's console"},
    {Cause::untrusted_proxy,
     kProven,
     [] {
       return changed(asked(accepting(), refusing()),
                      [](Evidence& e) { e.setup.forwarded_for = false; });
     },
     {},
     "CrowdConfluenceForwardedFor On"},
    {Cause::token_bound_to_proxy,
     kProven,
     [] { return bound_elsewhere(CandidateEvidence::front_proxy, "10.0.0.9"); },
     {},
     "Add 10.0.0.9"},
    {Cause::token_bound_to_proxy,
     kProven,
     [] {
       return changed(asked(refusing(), refusing()), [](Evidence& e) {
         e.probe_without_address.emplace().result = Result::session;
       });
     },
     {},
     "Add 10.0.0.7"},
    {Cause::token_bound_to_proxy,
     kProven,
     [] { return asked(refusing(), accepting()); },
     {},
     "Add 10.0.0.7"},
    {Cause::mixed_binding,
     kLikely,
     [] {
       return changed(bound_elsewhere(CandidateEvidence::front_proxy, "10.0.0.9"),
                      [](Evidence& e) { e.observed.works_after_other_log_in = true; });
     },
     {Cause::mixed_binding, Cause::token_bound_to_proxy}},
    {Cause::forwarded_for_chain,
     kProven,
     [] {
       return changed(bound_elsewhere(CandidateEvidence::of_chain, "198.51.100.4"),
                      [](Evidence& e) { e.request.forwarded_for = {"198.51.100.4"}; });
     },
     {},
     "RemoteIPInternalProxy 192.0.2.7"},
    {Cause::remoteip_valve,
     kLikely,
     [] {
       return changed(asked(accepting(), refusing()),
                      [](Evidence& e) { e.observed.works_from_other_server = true; });
     },
     {Cause::remoteip_valve, Cause::untrusted_proxy},
     "add 10.0.0.7 to internalProxies"},
    {Cause::address_form, kProven,
     [] { return bound_elsewhere(CandidateEvidence::other_form, "0:0:0:0:0:0:0:1"); }},
    {Cause::address_changed, kProven, [] { return asked(refusing(), refusing()); }},
    {Cause::address_changed,
     kLikely,
     [] {
       return changed(asked(refusing(), refusing()),
                      [](Evidence& e) { e.has_untried_candidates = true; });
     },
     {Cause::address_changed, Cause::token_bound_to_proxy}},
    {Cause::token_expired, kProven,
     [] {
       return changed(nobody(), [](Evidence& e) {
         e.cookie_config.emplace().cookie.name = "crowd.token_key";
         e.session = refusing();
       });
     }},
    {Cause::cookie_name,
     kProven,
     [] {
       return changed(without_cookie(),
                      [](Evidence& e) { e.cookie_config->cookie.name = "studio.crowd.tokenkey"; });
     },
     {},
     "CrowdConfluenceTokenCookie studio.crowd.tokenkey"},
    {Cause::cookie_name, kProven,
     [] {
       return changed(accepted(),
                      [](Evidence& e) { e.cookie_config->cookie.name = "crowd.p.token_key"; });
     }},
    {Cause::cookie_name,
     kLikely,
     [] {
       return changed(without_cookie(), [](Evidence& e) {
         e.cookie_config.reset();
         e.request.cookie_names = {"JSESSIONID", "crowd.p.token_key"};
       });
     },
     {Cause::cookie_name, Cause::cookie_name_override}},
    {Cause::cookie_name_override,
     kProven,
     [] {
       return changed(accepted(),
                      [](Evidence& e) { e.probe->other_token_cookie = "crowd.p.token_key"; });
     },
     {},
     "CrowdConfluenceTokenCookie crowd.p.token_key"},
    {Cause::cookie_name_override, kProven,
     [] {
       return changed(without_cookie(),
                      [](Evidence& e) { e.request.cookie_names = {"crowd.p.token_key"}; });
     }},
    {Cause::cookie_domain,
     kProven,
     [] {
       return changed(without_cookie(),
                      [](Evidence& e) { e.cookie_config->cookie.domain = "intern.example.com"; });
     },
     {},
     "common parent domain of app.example.com"},
    {Cause::cookie_domain, kProven,
     [] {
       return changed(without_cookie(), [](Evidence& e) { e.cookie_config->cookie.domain = ""; });
     }},
    {Cause::cookie_domain, kProven,
     [] {
       return changed(without_cookie(),
                      [](Evidence& e) { e.cookie_config->cookie.domain = "com"; });
     }},
    {Cause::cookie_secure, kProven,
     [] {
       return changed(without_cookie(), [](Evidence& e) { e.cookie_config->cookie.secure = true; });
     }},
    {Cause::cookie_duplicate, kProven,
     [] {
       return changed(without_cookie(), [](Evidence& e) {
         e.request.token = TokenState::empty;
         e.request.token_cookies = 2;
       });
     }},
    {Cause::cookie_duplicate, kProven,
     [] {
       return changed(nobody(), [](Evidence& e) {
         e.request.token_cookies = 2;
         e.cookie_config.emplace().cookie.name = "crowd.token_key";
         e.session = refusing();
       });
     }},
    {Cause::two_crowds,
     kLikely,
     [] {
       return changed(nobody(), [](Evidence& e) {
         e.observed.just_logged_in = true;
         e.cookie_config.emplace().cookie.name = "crowd.token_key";
         e.session = refusing();
       });
     },
     {Cause::two_crowds, Cause::token_expired}},
    {Cause::sso2_only, kLikely,
     [] {
       return changed(without_cookie(), [](Evidence& e) {
         ConfluenceEvidence& page = e.login_page.emplace();
         page.status = 302;
         page.is_from_atlassian = true;
         page.location_host = "idp.example.com";
         page.location_path = "/saml2/login";
       });
     }},
    {Cause::sso2_only,
     kLikely,
     [] {
       return changed(without_cookie(), [](Evidence& e) { e.observed.nobody_has_a_cookie = true; });
     },
     {Cause::sso2_only, Cause::sso_off}},
    {Cause::sso_off,
     kAmbiguous,
     accepted,
     {Cause::sso_off, Cause::crowd_link},
     "What decides whether it is sso-off"},
    {Cause::crowd_properties_incomplete,
     kLikely,
     [] {
       return changed(accepted(), [](Evidence& e) { e.probe->login_reason = LoginReason::out; });
     },
     {Cause::crowd_properties_incomplete, Cause::sso_off, Cause::crowd_link}},
    {Cause::crowd_link,
     kLikely,
     [] {
       return changed(accepted(), [](Evidence& e) {
         e.probe->login_reason = LoginReason::authenticated_failed;
       });
     },
     {},
     "crowd.properties"},
    {Cause::crowd_link,
     kAmbiguous,
     [] { return unavailable(Reason::server_error, 500); },
     {Cause::crowd_link, Cause::crowd_slow, Cause::maintenance}},
    {Cause::crowd_slow, kLikely,
     [] { return changed(accepted(), [](Evidence& e) { e.probe_again = known().probe; }); }},
    {Cause::crowd_slow, kLikely,
     [] { return changed(known(), [](Evidence& e) { e.probe->took = std::chrono::seconds(2); }); }},
    {Cause::crowd_slow, kLikely, [] { return crowd_refuses(CrowdFailure::rate_limited); }},
    {Cause::crowd_slow, kLikely, [] { return crowd_refuses(CrowdFailure::server_error); }},
    {Cause::crowd_slow, kLikely, [] { return crowd_refuses(CrowdFailure::timeout); }},
    {Cause::crowd_slow, kLikely,
     [] {
       return changed(unanswered(Reason::timeout, HttpFailure::timeout), [](Evidence& e) {
         e.probe->is_unconnected = false;
         e.probe_without_token.emplace().status = 200;
       });
     }},
    {Cause::crowd_access_denied,
     kProven,
     [] {
       return changed(nobody(), [](Evidence& e) {
         e.cookie_config.emplace().cookie.name = "crowd.token_key";
         e.session = refusing(CrowdFailure::access_denied);
       });
     },
     {},
     "Applications > confluence > Directories & groups"},
    {Cause::user_not_in_confluence,
     kLikely,
     [] { return changed(accepted(), [](Evidence& e) { e.probe->repeats_token = true; }); },
     {Cause::user_not_in_confluence, Cause::not_permitted}},
    {Cause::not_permitted, kProven,
     [] {
       return changed(nobody(), [](Evidence& e) {
         e.probe->status = 403;
         e.probe->user = "dave";
       });
     }},
    {Cause::not_permitted, kProven,
     [] {
       return changed(unavailable(Reason::forbidden, 403), [](Evidence& e) {
         e.probe->is_from_atlassian = true;
         e.probe->user = "dave";
       });
     }},
    {Cause::not_permitted, kProven,
     [] {
       return changed(nobody(), [](Evidence& e) {
         e.probe->login_reason = LoginReason::authorisation_failed;
         e.probe->repeats_token = true;
       });
     }},
    {Cause::name_differs, kLikely,
     [] {
       return changed(known(), [](Evidence& e) {
         e.session = accepting();
         e.session->user = "Alice";
       });
     }},
    {Cause::base_url, kProven,
     [] { return redirected("https", "wiki.example.com", "/confluence/rest/api/user/current"); }},
    {Cause::base_url, kProven,
     [] { return redirected("http", "www.example.com", "/confluence/rest/api/user/current"); }},
    {Cause::base_url, kProven, [] { return unavailable(Reason::unexpected_answer, 404); }},
    {Cause::foreign_gate, kProven,
     [] { return redirected("https", "idp.example.com", "/authorize"); }},
    {Cause::foreign_gate, kProven, [] { return unavailable(Reason::gateway, 401); }},
    {Cause::foreign_gate, kProven, [] { return unavailable(Reason::forbidden, 403); }},
    {Cause::foreign_gate, kProven,
     [] {
       return changed(unavailable(Reason::unexpected_answer, 200),
                      [](Evidence& e) { e.probe->is_html = true; });
     }},
    {Cause::cached_answer, kProven, [] { return unavailable(Reason::cached_answer, 200); }},
    {Cause::cluster_node,
     kProven,
     [] {
       return changed(known(), [](Evidence& e) {
         e.probe->cluster_node = "a";
         e.probe->left_out_balancer = "SERVERID";
         e.probe_again = known().probe;
         e.probe_again->cluster_node = "b";
       });
     },
     {},
     "Add SERVERID to CrowdConfluenceSessionCookies"},
    {Cause::session_cookie_clash, kProven,
     [] {
       return changed(known(), [](Evidence& e) {
         e.request.has_session_cookie = true;
         e.observed.app_sets_session_cookie = true;
       });
     }},
    {Cause::authorization_sent, kLikely,
     [] {
       return changed(known(), [](Evidence& e) {
         e.request.has_authorization = true;
         e.observed.session_ends_early = true;
       });
     }},
    {Cause::captcha, kProven,
     [] { return changed(nobody(), [](Evidence& e) { e.probe->reason = Reason::login_denied; }); }},
    {Cause::xsrf, kProven,
     [] { return changed(known(), [](Evidence& e) { e.observed.app_write_fails_xsrf = true; }); }},
    {Cause::rate_limited, kProven,
     [] {
       return changed(unavailable(Reason::rate_limited, 429), [](Evidence& e) {
         e.probe->has_rate_limit = true;
         e.probe->user = "alice";
       });
     }},
    {Cause::maintenance, kProven, [] { return unavailable(Reason::server_error, 503); }},
    {Cause::maintenance, kProven,
     [] { return redirected("http", "wiki.example.com", "/confluence/errors.action"); }},
    {Cause::header_too_large, kProven, [] { return unavailable(Reason::unexpected_answer, 431); }},
    {Cause::header_too_large, kProven,
     [] {
       return changed(unavailable(Reason::unexpected_answer, 400), [](Evidence& e) {
         e.probe->is_page_of_tomcat = true;
         e.probe_without_token.emplace().status = 200;
       });
     }},
    {Cause::crowd_address_forbidden,
     kProven,
     [] { return crowd_refuses(CrowdFailure::address_forbidden); },
     {},
     "Add 10.0.0.8 to Applications > confluence > Remote addresses"},
    {Cause::crowd_application_closed, kProven,
     [] { return crowd_refuses(CrowdFailure::application_closed); }},
    {Cause::crowd_password, kProven, [] { return crowd_refuses(CrowdFailure::bad_credentials); }},
    {Cause::wrong_application,
     kLikely,
     [] {
       return changed(accepted(), [](Evidence& e) {
         e.setup.application = "checker";
         e.setup.is_confluences_application = false;
       });
     },
     {Cause::wrong_application, Cause::sso_off, Cause::crowd_link}},
    {Cause::not_a_crowd, kProven, [] { return crowd_refuses(CrowdFailure::not_a_crowd); }},
    {Cause::unreachable, kProven, [] { return unanswered(Reason::refused, HttpFailure::refused); }},
    {Cause::unreachable, kProven, [] { return unanswered(Reason::timeout, HttpFailure::timeout); }},
    {Cause::unreachable, kProven, [] { return unanswered(Reason::proxy, HttpFailure::proxy); }},
    {Cause::unreachable, kProven, [] { return crowd_refuses(CrowdFailure::name_lookup); }},
    {Cause::tls, kProven, [] { return unanswered(Reason::tls, HttpFailure::tls); }},
    {Cause::tls, kProven, [] { return crowd_refuses(CrowdFailure::tls); }},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(diagnosis)

BOOST_DATA_TEST_CASE(names_the_cause, data::make(kCases), one) {
  const Finding finding = diagnose(one.evidence());
  BOOST_TEST_REQUIRE(finding.cause.has_value());
  BOOST_TEST(to_string(*finding.cause) == to_string(one.cause));
  BOOST_TEST(to_string(finding.certainty) == to_string(one.certainty));
  BOOST_TEST((finding.candidates == one.candidates));
  BOOST_TEST(!finding.sentence.empty());
  BOOST_TEST(finding.remedy.ends_with('.'), finding.remedy);
  BOOST_TEST(finding.remedy.find(one.in_remedy) != std::string::npos, finding.remedy);
  BOOST_TEST(finding.remedy.find_first_of("{}") == std::string::npos, finding.remedy);
}

BOOST_AUTO_TEST_CASE(knows_every_cause) {
  std::set<std::string_view> missing;
  for (const CauseMeaning& meaning : all_causes()) missing.insert(meaning.word);
  for (const Case& one : kCases) missing.erase(to_string(one.cause));
  BOOST_TEST(missing.empty());
}

/// What cannot be proven from outside is never said to be.
BOOST_AUTO_TEST_CASE(claims_no_more_than_can_be_known) {
  for (const Case& one : kCases) {
    const Finding finding = diagnose(one.evidence());
    const bool is_provable = meaning_of(*finding.cause).provability == Provability::provable;
    BOOST_TEST((is_provable || finding.certainty != kProven), to_string(one.cause));
  }
}

BOOST_AUTO_TEST_CASE(names_many_candidates_when_crowd_cannot_be_asked) {
  Evidence evidence = nobody();
  evidence.setup.crowd.clear();
  const Finding finding = diagnose(evidence);
  BOOST_TEST((finding.certainty == kAmbiguous));
  for (const Cause cause :
       {Cause::token_expired, Cause::untrusted_proxy, Cause::sso_off, Cause::crowd_link})
    BOOST_TEST(std::count(finding.candidates.begin(), finding.candidates.end(), cause) == 1);
  BOOST_TEST(finding.remedy.find("CrowdConfluenceCrowdURL") != std::string::npos);
}

/// It answers an anonymous request: the token was not accepted.
BOOST_AUTO_TEST_CASE(takes_a_429_without_rate_limit_headers_for_nobody) {
  Evidence evidence = accepted();
  evidence.probe->result = Result::unavailable;
  evidence.probe->reason = Reason::rate_limited;
  evidence.probe->status = 429;
  BOOST_TEST((diagnose(evidence).cause == Cause::sso_off));
}

BOOST_AUTO_TEST_CASE(finds_nothing_wrong_with_a_session) {
  const Finding finding = diagnose(known());
  BOOST_TEST(finding.result == Result::session);
  BOOST_TEST(finding.user == "alice");
  BOOST_TEST(!finding.cause.has_value());
  Evidence valve = known();
  valve.as_forwarded = refusing();
  BOOST_TEST(diagnose(valve).remedy.find("RemoteIpValve") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(tells_somebody_without_a_cookie_to_log_in) {
  const Finding finding = diagnose(without_cookie());
  BOOST_TEST(finding.result == Result::missing);
  BOOST_TEST(finding.reason == Reason::no_cookie);
  BOOST_TEST(!finding.cause.has_value());
  BOOST_TEST(finding.remedy.find("Log in") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(writes_its_steps) {
  const Finding finding = diagnose(asked(accepting(), refusing()));
  BOOST_TEST_REQUIRE(finding.steps.size() == 6U);
  BOOST_TEST(finding.steps[0].ok);
  BOOST_TEST(!finding.steps[1].ok);
  BOOST_TEST(
      finding.steps[5].asked ==
      "Crowd: is the token good for remote_address 10.0.0.7 with X-Forwarded-For 192.0.2.7?");
  BOOST_TEST(finding.steps[5].means == "no");
}

BOOST_AUTO_TEST_CASE(judges_an_outcome_of_the_log) {
  Outcome outcome;
  outcome.result = Result::rejected;
  outcome.reason = Reason::login_denied;
  Evidence evidence = nobody();
  evidence.probe = evidence_of(outcome);
  BOOST_TEST((diagnose(evidence).cause == Cause::captcha));
  outcome.result = Result::unavailable;
  outcome.reason = Reason::tls;
  evidence.probe = evidence_of(outcome);
  BOOST_TEST((diagnose(evidence).cause == Cause::tls));
  outcome.result = Result::missing;
  BOOST_TEST(!evidence_of(outcome).has_value());
}

BOOST_AUTO_TEST_CASE(writes_json) {
  Finding finding;
  finding.result = Result::rejected;
  finding.reason = Reason::anonymous;
  finding.user = "al\"ice";
  finding.cause = Cause::sso_off;
  finding.certainty = Certainty::ambiguous;
  finding.candidates = {Cause::sso_off, Cause::crowd_link};
  finding.remedy = "Do.";
  finding.steps = {{"a", "b", "c", true}};
  finding.confluence = "http://c";
  finding.address = "192.0.2.7";
  BOOST_TEST(to_json(finding) ==
             R"({"result":"rejected","reason":"anonymous","user":"al\"ice","cause":"sso-off",)"
             R"("certainty":"ambiguous","candidates":["sso-off","crowd-link"],"remedy":"Do.",)"
             R"("steps":[{"asked":"a","answer":"b","means":"c","ok":true}],)"
             R"("confluence":"http://c","crowd":"","address":"192.0.2.7"})");
  finding.cause.reset();
  BOOST_TEST(to_json(finding).find("\"cause\":null") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
