// Whether httpd's child processes will be able to read what the configuration names.

#ifndef MOD_CROWD_CONFLUENCE_PROCESS_READABLE_FILES_H_
#define MOD_CROWD_CONFLUENCE_PROCESS_READABLE_FILES_H_

#include <httpd.h>

namespace crowd_confluence::httpd {

/// Says in the log which files of this (virtual) server's directives httpd's user cannot read. The
/// whole configuration has been read, and this process still is root, if it ever was.
void warn_of_unreadable_files(const server_rec* server);

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_PROCESS_READABLE_FILES_H_
