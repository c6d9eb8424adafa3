// Marks what leaves the shared library.

#ifndef CROWD_CONFLUENCE_EXPORT_H_
#define CROWD_CONFLUENCE_EXPORT_H_

#if defined(CROWD_CONFLUENCE_SHARED)
#define CROWD_CONFLUENCE_EXPORT __attribute__((visibility("default")))
#else
#define CROWD_CONFLUENCE_EXPORT
#endif

#endif  // CROWD_CONFLUENCE_EXPORT_H_
