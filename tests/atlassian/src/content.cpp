#include "content.h"

#include <algorithm>

namespace atlassian {

Content::Content() {
  using Audience = Space::Audience;
  spaces_ = {
      {98305, "DOCS", "Product documentation", "What our customers read", Audience::kEverybody},
      {98306, "TEAM", "Team handbook", "How we work", Audience::kLoggedIn},
      {98307, "LAB", "Laboratory", "Measurements and samples", Audience::kMembers},
      {98308, "HR", "People", "Contracts and holidays", Audience::kMembers},
      {98309, "~alice", "Alice Archer", "Alice's own space", Audience::kOwner},
      {98310, "~bob", "Bob Baker", "Bob's own space", Audience::kOwner},
      {98311, "~carol", "Carol Clark", "Carol's own space", Audience::kOwner},
  };
  const std::vector<Page> pages = {
      {0, "page", "DOCS", "Getting started", "<p>Unpack, plug in, switch on.</p>", "carol"},
      {0, "page", "DOCS", "Release notes", "<p>Version 3 is quieter than version 2.</p>", "carol"},
      {0, "page", "TEAM", "Welcome aboard", "<p>Where to find whom, and when.</p>", "bob"},
      {0, "page", "TEAM", "Meeting notes", "<p>Mondays at ten, in the kitchen.</p>", "alice"},
      {0, "page", "LAB", "Calibration of the small oven", "<p>Use the blue probe.</p>", "alice"},
      {0, "page", "LAB", "Sample register", "<p>A-17 was returned on Tuesday.</p>", "alice"},
      {0, "page", "HR", "Holiday planning", "<p>The plan for next summer.</p>", "bob"},
      {0, "page", "HR", "Salary bands", "<p>For managers only.</p>", "bob"},
      {0, "page", "~alice", "My notes", "<p>Ask Bob about the holidays.</p>", "alice"},
      {0, "page", "~bob", "Things to read", "<p>Start with the release notes.</p>", "bob"},
      {0, "page", "~carol", "Drafts", "<p>A better first page for the handbook.</p>", "carol"},
  };
  for (const Page& page : pages) add(page);
}

const Space* Content::find_space(std::string_view key) const {
  const auto found =
      std::find_if(spaces_.begin(), spaces_.end(), [&](const Space& s) { return s.key == key; });
  return found == spaces_.end() ? nullptr : &*found;
}

Page* Content::find_page(std::uint64_t id) {
  const auto found =
      std::find_if(pages_.begin(), pages_.end(), [&](const Page& page) { return page.id == id; });
  return found == pages_.end() ? nullptr : &*found;
}

Page& Content::add(Page page) {
  constexpr std::uint64_t kFirstId = 65537;
  page.id = kFirstId + pages_.size();
  pages_.push_back(std::move(page));
  return pages_.back();
}

bool Content::may_see(const Space& space, const User* user) const {
  if (space.audience == Space::Audience::kEverybody) return true;
  if (user == nullptr) return false;
  switch (space.audience) {
    case Space::Audience::kMembers:
      return std::find(user->spaces.begin(), user->spaces.end(), space.key) != user->spaces.end();
    case Space::Audience::kOwner:
      return space.key.substr(1) == user->name;
    default:
      return true;
  }
}

bool Content::may_write(const Space& space, const User* user) const {
  return user != nullptr && may_see(space, user);
}

std::vector<const Space*> Content::spaces_of(const User* user) const {
  std::vector<const Space*> result;
  for (const Space& space : spaces_) {
    if (may_see(space, user)) result.push_back(&space);
  }
  return result;
}

std::vector<const Page*> Content::pages_of(const User* user, std::string_view space_key,
                                           std::string_view type) const {
  std::vector<const Page*> result;
  for (const Page& page : pages_) {
    if (!space_key.empty() && page.space != space_key) continue;
    if (!type.empty() && page.type != type) continue;
    const Space* space = find_space(page.space);
    if (space != nullptr && may_see(*space, user)) result.push_back(&page);
  }
  return result;
}

}  // namespace atlassian
