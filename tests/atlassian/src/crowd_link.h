// Confluence's own access to Crowd.
#pragma once

#include <string>

#include "crowd.h"

namespace atlassian {

/// The session of `token`, if Crowd answers Confluence and agrees. nullptr otherwise: Confluence
/// does not tell a bad token from a question that could not be asked.
const Crowd::Session* ask_crowd(const ConfluenceOptions& options, Crowd& crowd,
                                const std::string& token, const ValidationFactors& factors);

/// The user whose name and password Crowd confirms to Confluence; nullptr as above.
const User* ask_crowd_for_password(const ConfluenceOptions& options, Crowd& crowd,
                                   const std::string& name, const std::string& password);

}  // namespace atlassian
