// The spaces and pages of the simulated Confluence, and who may see them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "options.h"

namespace atlassian {

struct Space {
  std::uint64_t id;
  std::string key;
  std::string name;
  std::string description;
  enum class Audience { kEverybody, kLoggedIn, kMembers, kOwner } audience;

  bool personal() const { return key.front() == '~'; }
};

struct Page {
  std::uint64_t id;
  std::string type;  ///< page or comment
  std::string space;
  std::string title;
  std::string body;  ///< storage format (XHTML)
  std::string author;
  unsigned version = 1;
  std::uint64_t container = 0;  ///< of a comment: the page
};

/// Not thread-safe.
class Content {
 public:
  Content();

  /// nullptr when there is none.
  const Space* find_space(std::string_view key) const;
  Page* find_page(std::uint64_t id);
  /// Makes a page or comment and gives it an id.
  Page& add(Page page);

  /// `user` is nullptr for an anonymous visitor (where Confluence lets such in at all).
  bool may_see(const Space& space, const User* user) const;
  bool may_write(const Space& space, const User* user) const;
  std::vector<const Space*> spaces_of(const User* user) const;
  /// Of the given type and space; an empty one matches all. In the order of their making.
  std::vector<const Page*> pages_of(const User* user, std::string_view space,
                                    std::string_view type) const;

 private:
  std::vector<Space> spaces_;
  std::vector<Page> pages_;
};

}  // namespace atlassian
