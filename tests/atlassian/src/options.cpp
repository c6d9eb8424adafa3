#include "options.h"

namespace atlassian {

std::vector<User> default_users() {
  std::vector<User> users = {
      {"alice", "alice", "Alice Archer", "alice@corp.example", {"LAB"}},
      {"bob", "bob", "Bob Baker", "bob@corp.example", {"HR"}},
      {"carol", "carol", "Carol Clark", "carol@corp.example"},
      {"dave", "dave", "Dave Dorn", "dave@corp.example"},
  };
  users.back().may_use_confluence = false;
  return users;
}

}  // namespace atlassian
