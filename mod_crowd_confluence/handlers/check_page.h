// The check page as HTML.

#ifndef MOD_CROWD_CONFLUENCE_HANDLERS_CHECK_PAGE_H_
#define MOD_CROWD_CONFLUENCE_HANDLERS_CHECK_PAGE_H_

#include <string>

#include "crowd_confluence/diagnosis/diagnosis.h"

namespace crowd_confluence::httpd {

struct CheckPage {
  const Finding& finding;
  const Evidence& evidence;
  bool is_checked;    // Confluence and Crowd were asked
  std::string nonce;  // with which the Content-Security-Policy lets the page's style through
  std::string seal;   // of the form
};

/// A whole document: cause and remedy first, then the steps, then what is known of the request, and
/// a form for checking it (again). Works without scripts.
std::string check_page(const CheckPage& page);

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_HANDLERS_CHECK_PAGE_H_
