// httpd's configuration as it was written, for what no module's settings tell: the directives of
// others that this module has to do with, and where each directive stands.

#ifndef MOD_CROWD_CONFLUENCE_CONFIG_WRITTEN_DIRECTIVES_H_
#define MOD_CROWD_CONFLUENCE_CONFIG_WRITTEN_DIRECTIVES_H_

#include <httpd.h>

#include <http_config.h>

#include <string>
#include <string_view>
#include <vector>

namespace crowd_confluence::httpd {

/// A directive outside of .htaccess files, with what Include and Use brought in.
struct WrittenDirective {
  /// For which requests it holds, as far as its sections say.
  enum Scope {
    all_urls,    // of its virtual host, or of the server
    below_path,  // those that begin with `path`
    some_urls,   // those that fit an expression
    files        // those that lead to a file: no proxied one
  };

  [[nodiscard]] bool is(const char* name) const;

  const ap_directive_t* node = nullptr;
  const ap_directive_t* host = nullptr;  // <VirtualHost>; null: the main server
  Scope scope = all_urls;
  std::string path;  // without quotes
  std::vector<std::string> words;
};

/// Those of this module, and those of others with one of these names, in the order of the files.
std::vector<WrittenDirective> read_written_directives(const ap_directive_t* tree,
                                                      const std::vector<std::string_view>& others,
                                                      apr_pool_t* temporary_pool);

/// Whether settings of one hold in the virtual host of the other, or may: those of the main server
/// hold in all.
bool share_a_host(const WrittenDirective& a, const WrittenDirective& b);

/// Whether every request for which `inner` holds is one for which `outer` holds. True where nobody
/// can tell.
bool may_enclose(const WrittenDirective& outer, const WrittenDirective& inner);

/// Whether there may be a request for which both hold.
bool may_meet(const WrittenDirective& a, const WrittenDirective& b);

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_CONFIG_WRITTEN_DIRECTIVES_H_
