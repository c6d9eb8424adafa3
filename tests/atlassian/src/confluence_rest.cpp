// Who is asking? The REST resources of Confluence and Jira that tell it, and the way to the others.
#include "confluence.h"
#include "json_text.h"
#include "rest_answers.h"
#include "text.h"

namespace atlassian {
namespace {

constexpr std::string_view kNotPermitted = "Not permitted to use confluence : null";

json::object known_user(const Confluence& confluence, const User& user) {
  const std::string& name = confluence_name(user);
  const std::string key = "9e7f" + base64url_encode(user.name);
  return {{"type", "known"},
          {"username", json_text(name)},
          {"userKey", json_text(key)},
          {"profilePicture",
           {{"path", json_text(confluence.options().context_path +
                               "/images/icons/profilepics/default.svg")},
            {"width", 48},
            {"height", 48},
            {"isDefault", true}}},
          {"displayName", json_text(user.display_name)},
          {"_links",
           {{"base", json_text(confluence.base_url())},
            {"context", json_text(confluence.options().context_path)},
            {"self", json_text(url_of(confluence, "/rest/api/user?key=" + key))}}},
          {"_expandable", {{"status", ""}}}};
}

Response current_user(const Confluence& confluence, const Visit& visit) {
  const ConfluenceOptions& options = confluence.options();
  if (options.flavour == Flavour::kConfluence5) {
    return rest_error(404, "null for uri: " + url_of(confluence, visit.path));
  }
  if (visit.user != nullptr) return ok(known_user(confluence, *visit.user));
  if (options.anonymous_probe == AnonymousProbe::kForbidden ||
      (visit.not_permitted && options.forbid_users_without_permission)) {
    return rest_error(403, kNotPermitted);
  }
  return ok(
      {{"type", "anonymous"},
       {"profilePicture",
        {{"path", json_text(options.context_path + "/images/icons/profilepics/anonymous.svg")},
         {"width", 48},
         {"height", 48},
         {"isDefault", true}}},
       {"displayName", "Anonymous"},
       {"_links", {{"self", json_text(url_of(confluence, "/rest/api/user/anonymous"))}}}});
}

Response jira_myself(const Confluence& confluence, const Visit& visit) {
  if (visit.user == nullptr) {
    Response response = json_response(
        401,
        R"({"errorMessages":["You are not authenticated. Authentication required to perform this operation."],"errors":{}})");
    response.headers.insert(
        response.headers.begin(),
        {"WWW-Authenticate", "OAuth realm=\"" + url_encode(confluence.base_url()) + '"'});
    return response;
  }
  const User& user = *visit.user;
  return ok({{"self", json_text(url_of(confluence, "/rest/api/2/user?username=" + user.name))},
             {"key", json_text(user.name)},
             {"name", json_text(user.name)},
             {"emailAddress", json_text(user.email)},
             {"displayName", json_text(user.display_name)},
             {"active", true},
             {"timeZone", "Etc/UTC"},
             {"locale", "en_UK"}});
}

}  // namespace

Response confluence_rest(Confluence& confluence, Visit& visit) {
  if (visit.user == nullptr && confluence.options().can_use_filter) {
    return Response{visit.not_permitted ? 403U : 401U};
  }
  if (visit.path == confluence.probe_path()) {
    return confluence.jira() ? jira_myself(confluence, visit) : current_user(confluence, visit);
  }
  if (confluence.jira()) return rest_error(404, "null for uri: " + url_of(confluence, visit.path));
  if (visit.user == nullptr && !confluence.options().anonymous_access) {
    return rest_error(403, kNotPermitted);
  }
  return content_rest(confluence, visit);
}

}  // namespace atlassian
