// What this server remembers of its visitors: proven sessions, negative entries, and that a session
// was dropped.
//
// The table lies in memory that all child processes share. Reading takes no lock and makes no
// system call; a reader that meets a writer tries again, and sees either the old entry or the new
// one, never a mixture. A process may be killed at any step, of reading or writing: nothing stays
// locked, and at worst the one entry that it was writing is lost. docs/shared-memory.md describes
// the layout.

#ifndef CROWD_CONFLUENCE_SRC_SHARED_SESSION_TABLE_H_
#define CROWD_CONFLUENCE_SRC_SHARED_SESSION_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "crowd_confluence/clock.h"
#include "crowd_confluence/keys.h"
#include "crowd_confluence/outcome.h"

namespace crowd_confluence {

/// A view of the shared memory; copy it as you like. Thread-safe, and safe across processes.
///
/// The table is divided into buckets. A visitor's is told by the second half of the key, which is
/// the token's: whoever uses one token from many addresses fills one bucket at most. When a bucket
/// is full, a negative entry or a tombstone that is over makes room, then a session that has ended,
/// a negative entry or a tombstone, and at last a good session: of a token that has more than a few
/// in the bucket, or else the one whose life ends first, which is the one that was proven longest
/// ago where all live equally long. A negative entry or a tombstone never displaces a session that
/// is still good, so that nobody can push others out with made-up tokens.
///
/// A tombstone says that the visitor's session was dropped, for as long as the same session may
/// still come from elsewhere. It counts as absent, but only `put_session`, with what was proven
/// just now, takes its place. A negative entry may carry a tombstone, which may outlive it.
///
/// What an entry held is overwritten as soon as the entry is.
class SessionTable {
 public:
  /// How much memory a table for so many visitors takes. With that many visitors, fewer than one in
  /// a thousand finds its bucket full.
  [[nodiscard]] static std::size_t bytes_for(std::size_t visitors);

  /// A new, empty table in `memory`: zeroed, shared, aligned to a page, so that what nobody needs
  /// is never touched, of bytes_for(visitors).
  static SessionTable create(void* memory, std::size_t visitors);

  /// The table that `create` made there, for the same number of visitors.
  static SessionTable attach(void* memory, std::size_t visitors);

  struct Found {
    bool is_found = false;
    /// The last quarter of the session's life has begun, and this caller is the one to renew it:
    /// nobody else is told so before `renewal_lease` is over.
    bool is_to_renew = false;
    /// The visitor's token was proven before, even if the session has ended.
    bool is_proven = false;
    /// There is a tombstone. Only `find_locked` and `find_or_take` tell.
    bool has_tombstone = false;
    Moment expires{};
  };

  /// Fills result, reason and session of `outcome` if the visitor is known and `now` is before the
  /// end of the entry's life. Otherwise leaves it untouched but for the session, which may be empty
  /// then. An entry that is being written for unusually long counts as absent: its writer may have
  /// been killed.
  Found find(const VisitorKey& key, Moment now, Duration renewal_lease, Outcome& outcome) const;

  /// As find, but waits for writers, under the bucket's lock: for who is about to do something
  /// expensive because of what find did not find.
  Found find_locked(const VisitorKey& key, Moment now, Duration renewal_lease,
                    Outcome& outcome) const;

  /// As find_locked. When the visitor's session has ended, `cookies` become those of that session,
  /// once: they are not kept. Otherwise they become empty.
  Found find_or_take(const VisitorKey& key, Moment now, Duration renewal_lease, Outcome& outcome,
                     std::string& cookies);

  enum class Stored {
    yes,
    no_room  // or nothing that the session may take the place of
  };

  /// Remembers a session that was proven at `now` until `now + ttl`. Replaces what was known.
  Stored put_session(const VisitorKey& key, Moment now, Duration ttl, Reason reason,
                     const Session& session);

  /// As put_session, but only if there is a session, which may have expired meanwhile: one that was
  /// dropped while it was being renewed stays dropped.
  Stored renew_session(const VisitorKey& key, Moment now, Duration ttl, Reason reason,
                       const Session& session);

  /// As put_session, for a session that was proven before, and kept elsewhere since: not while
  /// there is a tombstone.
  Stored adopt_session(const VisitorKey& key, Moment now, Duration ttl, Reason reason,
                       const Session& session);

  /// Remembers that the visitor was rejected until `now + ttl`, and a tombstone until
  /// `now + tombstone_ttl`. Replaces what was known, but for a tombstone that lasts longer.
  Stored put_negative(const VisitorKey& key, Moment now, Duration ttl, Reason reason,
                      Duration tombstone_ttl);

  /// Remembers that the visitor is not to be asked for until `now + ttl`, for a reason that makes
  /// the result `unavailable`. A session that is still good stays in use until its life ends, and
  /// is not renewed before; what has ended, and a tombstone, are kept as well.
  Stored leave_alone(const VisitorKey& key, Moment now, Duration ttl, Reason reason);

  /// As leave_alone, unless it is the first such failure in a row, which may be a matter of chance:
  /// only that is remembered then.
  Stored leave_alone_if_again(const VisitorKey& key, Moment now, Duration ttl, Reason reason);

  /// Whether a session with these cookies is meant. Called with the bucket's lock held: must not
  /// block, nor use the table.
  using IsMeant = std::function<bool(std::string_view cookies)>;

  /// Forgets the visitor's session, unless it is not the one that is meant, and leaves a tombstone
  /// until `now + tombstone_ttl`, also where there was no session. With a `tombstone_ttl` of zero,
  /// no tombstone. Whether there was such a session.
  bool drop_session(const VisitorKey& key, const IsMeant& is_meant, Moment now,
                    Duration tombstone_ttl);

  /// How many entries are in use, expired ones included. Looks at all that was ever used: for tests
  /// and reports.
  [[nodiscard]] std::size_t count() const;

 private:
  class Slot;
  class Bucket;
  class LockedBucket;
  enum class Kind : std::uint8_t { empty, session, negative, tombstone };
  /// What an entry may take the place of, if it is the same visitor's.
  enum class Replaces { all, sessions, all_but_tombstones };
  struct Entry;

  SessionTable(void* memory, std::size_t visitors);
  [[nodiscard]] std::size_t bucket_of(const VisitorKey& key) const;
  [[nodiscard]] Bucket bucket(std::size_t number) const;
  Stored put(const VisitorKey& key, Entry entry, Replaces replaces, Moment now);
  Stored leave_alone(const VisitorKey& key, Moment now, Duration ttl, Reason reason,
                     bool only_if_again);
  Stored put_session(const VisitorKey& key, Moment now, Duration ttl, Reason reason,
                     const Session& session, Replaces replaces);

  void* memory_;
  std::size_t buckets_;
  std::size_t bucket_words_;
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_SHARED_SESSION_TABLE_H_
