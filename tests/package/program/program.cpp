// Prints the SSO cookie of a Cookie header, and what the exchange of it at a Confluence gives.
#include <crowd_confluence/confluence/client.h>
#include <crowd_confluence/cookie/cookie_header.h>
#include <crowd_confluence/http/client.h>

#include <iostream>

int main(int count, char** arguments) {
  using namespace crowd_confluence;
  if (count != 3) return 2;
  ConfluenceSettings settings;
  settings.base_url = parse_base_url(arguments[2]).value();
  settings.http.timeout = settings.http.connect_timeout = std::chrono::seconds(1);
  const HttpLibrary library;
  ConfluenceClient client(settings);
  for (CookieScanner scan(arguments[1]); scan.next();) {
    if (scan.cookie().name != settings.token_cookie) continue;
    std::cout << "the SSO cookie is '" << unquoted(scan.cookie().value) << "'\n";
    const Verdict verdict = client.exchange({scan.cookie().value, "127.0.0.1"}, {});
    std::cout << "the exchange gives: " << to_string(verdict.reason) << '\n';
  }
}
