// The REST resources for spaces, pages and comments, with answers by user.
#include "confluence.h"
#include "json_text.h"
#include "rest_answers.h"
#include "text.h"

namespace atlassian {
namespace {

json::object space_json(const Confluence& confluence, const Space& space) {
  const std::string self = "/rest/api/space/" + space.key;
  return {{"id", space.id},
          {"key", json_text(space.key)},
          {"name", json_text(space.name)},
          {"type", space.personal() ? "personal" : "global"},
          {"_links",
           {{"webui", json_text("/display/" + space.key)},
            {"self", json_text(url_of(confluence, self))}}},
          {"_expandable", {{"metadata", ""}, {"icon", ""}, {"description", ""}, {"homepage", ""}}}};
}

json::object page_json(const Confluence& confluence, const Page& page, bool with_body) {
  const std::string id = std::to_string(page.id);
  json::object result{
      {"id", json_text(id)},
      {"type", json_text(page.type)},
      {"status", "current"},
      {"title", json_text(page.title)},
      {"space", {{"key", json_text(page.space)}}},
      {"version", {{"by", {{"username", json_text(page.author)}}}, {"number", page.version}}},
      {"_links",
       {{"webui", json_text("/pages/viewpage.action?pageId=" + id)},
        {"self", json_text(url_of(confluence, "/rest/api/content/" + id))}}}};
  if (page.container != 0) {
    result["container"] = json::object{{"id", json_text(std::to_string(page.container))}};
  }
  if (with_body) {
    result["body"] = {
        {"storage", {{"value", json_text(page.body)}, {"representation", "storage"}}}};
  }
  return result;
}

std::size_t number_parameter(const Request& request, const std::string& name, std::size_t other) {
  const auto found = request.query.find(name);
  return found == request.query.end() ? other : parse_number(found->second).value_or(other);
}

std::string text_parameter(const Request& request, const std::string& name) {
  const auto found = request.query.find(name);
  return found == request.query.end() ? std::string() : found->second;
}

/// Where the list goes on, below the base URL: the same question with another start.
std::string next_part(const Visit& visit, std::size_t start, std::size_t limit) {
  std::string target = visit.path + "?";
  for (const auto& [name, value] : visit.request.query) {
    if (name != "start" && name != "limit") {
      target += url_encode(name) + '=' + url_encode(value) + '&';
    }
  }
  return target + "limit=" + std::to_string(limit) + "&start=" + std::to_string(start);
}

/// The part of `items` that start and limit ask for, in Confluence's envelope.
template <typename Items, typename ToJson>
Response list_of(const Confluence& confluence, const Visit& visit, const Items& items,
                 ToJson to_json) {
  const std::size_t start = number_parameter(visit.request, "start", 0);
  const std::size_t limit = number_parameter(visit.request, "limit", 25);
  json::array results;
  std::size_t i = start;
  for (; i < items.size() && results.size() < limit; ++i) results.push_back(to_json(*items[i]));
  const std::size_t size = results.size();
  json::object links{{"self", json_text(url_of(confluence, visit.path))},
                     {"base", json_text(confluence.base_url())},
                     {"context", json_text(confluence.options().context_path)}};
  if (i < items.size()) links["next"] = json_text(next_part(visit, i, limit));
  return ok({{"results", std::move(results)},
             {"start", start},
             {"limit", limit},
             {"size", size},
             {"_links", std::move(links)}});
}

bool body_expanded(const Request& request) {
  return text_parameter(request, "expand").find("body.storage") != std::string::npos;
}

Response spaces(Confluence& confluence, const Visit& visit) {
  std::vector<const Space*> found = confluence.content().spaces_of(visit.user);
  const std::string type = text_parameter(visit.request, "type");
  if (!type.empty()) {
    std::erase_if(found,
                  [&](const Space* space) { return space->personal() != (type == "personal"); });
  }
  return list_of(confluence, visit, found,
                 [&](const Space& space) { return space_json(confluence, space); });
}

Response one_space(Confluence& confluence, const Visit& visit, const std::string& key) {
  const Space* space = confluence.content().find_space(key);
  if (space == nullptr || !confluence.content().may_see(*space, visit.user)) {
    return rest_error(404, "No space with key : " + key);
  }
  return ok(space_json(confluence, *space));
}

Response pages(Confluence& confluence, const Visit& visit) {
  std::string type = text_parameter(visit.request, "type");
  if (type.empty()) type = "page";
  const auto found =
      confluence.content().pages_of(visit.user, text_parameter(visit.request, "spaceKey"), type);
  const bool with_body = body_expanded(visit.request);
  return list_of(confluence, visit, found,
                 [&](const Page& page) { return page_json(confluence, page, with_body); });
}

/// nullptr when there is none that the visitor may see.
Page* visible_page(Confluence& confluence, const Visit& visit, std::string_view id_text) {
  const auto id = parse_number(id_text);
  Page* page = id ? confluence.content().find_page(*id) : nullptr;
  if (page == nullptr) return nullptr;
  const Space* space = confluence.content().find_space(page->space);
  return space != nullptr && confluence.content().may_see(*space, visit.user) ? page : nullptr;
}

Response no_content(std::string_view id) {
  return rest_error(404, "No content found with id: ContentId{id=" + std::string(id) + "}");
}

std::string nested_text(const json::object& object, std::string_view outer,
                        std::string_view inner) {
  const json::value* member = object.if_contains(json::string_view(outer.data(), outer.size()));
  return member != nullptr && member->is_object() ? text_member(member->get_object(), inner)
                                                  : std::string();
}

std::string storage_value(const json::object& content) {
  const json::value* body = content.if_contains("body");
  return body != nullptr && body->is_object() ? nested_text(body->get_object(), "storage", "value")
                                              : std::string();
}

/// What a POST carries, as JSON or as the fields of a form.
Page read_new_content(const Request& request) {
  Page page{};
  if (const auto content = parse_json_object(request.body)) {
    page.type = text_member(*content, "type");
    page.title = text_member(*content, "title");
    page.space = nested_text(*content, "space", "key");
    page.body = storage_value(*content);
    page.container = parse_number(nested_text(*content, "container", "id")).value_or(0);
  } else {
    auto form = parse_form(request.body);
    page.type = form["type"];
    page.title = form["title"];
    page.space = form["spaceKey"];
    page.body = form["body"];
    page.container = parse_number(form["container"]).value_or(0);
  }
  return page;
}

Response create(Confluence& confluence, const Visit& visit) {
  Content& content = confluence.content();
  Page page = read_new_content(visit.request);
  if (page.type != "page" && page.type != "comment") {
    return rest_error(400, "Content type must be page or comment");
  }
  if (page.type == "comment") {
    const Page* container = visible_page(confluence, visit, std::to_string(page.container));
    if (container == nullptr) return rest_error(400, "A comment needs a container that exists");
    page.space = container->space;
    page.title = "Re: " + container->title;
  }
  const Space* space = content.find_space(page.space);
  if (space == nullptr || !content.may_write(*space, visit.user)) {
    return rest_error(403, "Could not create content with type " + page.type);
  }
  page.version = 1;
  page.author = visit.user->name;
  return ok(page_json(confluence, content.add(std::move(page)), true));
}

Response update(const Confluence& confluence, const Visit& visit, Page& page) {
  if (visit.user == nullptr) return rest_error(403, "You are not allowed to change this content");
  const auto content = parse_json_object(visit.request.body);
  if (!content) return rest_error(400, "The body is not a JSON object");
  const json::value* version = content->if_contains("version");
  const json::value* number = version != nullptr && version->is_object()
                                  ? version->get_object().if_contains("number")
                                  : nullptr;
  if (number == nullptr || !number->is_int64() || number->get_int64() != page.version + 1) {
    return rest_error(409, "Version must be incremented on update. Current version is: " +
                               std::to_string(page.version));
  }
  const std::string title = text_member(*content, "title");
  if (!title.empty()) page.title = title;
  page.body = storage_value(*content);
  page.author = visit.user->name;
  ++page.version;
  return ok(page_json(confluence, page, true));
}

Response content_resource(Confluence& confluence, Visit& visit, std::string_view rest) {
  const std::string& method = visit.request.method;
  if (rest.empty()) return method == "POST" ? create(confluence, visit) : pages(confluence, visit);
  rest.remove_prefix(1);
  const std::string_view id = rest.substr(0, rest.find('/'));
  const std::string_view below = rest.substr(id.size());
  Page* page = visible_page(confluence, visit, id);
  if (page == nullptr) return no_content(id);
  if (below == "/child/attachment" && method == "POST") {
    if (visit.user == nullptr) return rest_error(403, "You are not allowed to attach files");
    return ok({{"results", json::array()}, {"size", 0}});
  }
  if (below == "/child/comment" && method == "GET") {
    auto comments = confluence.content().pages_of(visit.user, page->space, "comment");
    std::erase_if(comments, [&](const Page* comment) { return comment->container != page->id; });
    return list_of(confluence, visit, comments,
                   [&](const Page& comment) { return page_json(confluence, comment, true); });
  }
  if (!below.empty()) return rest_error(404, "null for uri: " + url_of(confluence, visit.path));
  if (method == "PUT") return update(confluence, visit, *page);
  if (method == "GET" || method == "HEAD") {
    return ok(page_json(confluence, *page, body_expanded(visit.request)));
  }
  return tomcat_error(405, "Method Not Allowed");
}

/// What follows `prefix` in `path` ("" or "/…"), or nullopt.
std::optional<std::string_view> below(std::string_view path, std::string_view prefix) {
  if (path.substr(0, prefix.size()) != prefix) return std::nullopt;
  path.remove_prefix(prefix.size());
  return path.empty() || path.front() == '/' ? std::optional(path) : std::nullopt;
}

}  // namespace

Response content_rest(Confluence& confluence, Visit& visit) {
  if (visit.path == "/rest/api/space") return spaces(confluence, visit);
  if (const auto key = below(visit.path, "/rest/api/space"); key && key->size() > 1) {
    return one_space(confluence, visit, url_decode(key->substr(1)));
  }
  if (const auto rest = below(visit.path, "/rest/api/content")) {
    return content_resource(confluence, visit, *rest);
  }
  return rest_error(404, "null for uri: " + url_of(confluence, visit.path));
}

}  // namespace atlassian
