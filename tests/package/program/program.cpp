// Prints the SSO cookie of a Cookie header.
#include <crowd_confluence/cookie.h>

#include <iostream>

int main(int count, char** arguments) {
  if (count != 2) return 2;
  for (crowd_confluence::CookieScanner scan(arguments[1]); scan.next();)
    if (scan.cookie().name == "crowd.token_key")
      std::cout << "the SSO cookie is '" << crowd_confluence::unquoted(scan.cookie().value)
                << "'\n";
}
