-- A space's file, format 1. application_id 0x544F4B53 ('TOKS'); user_version counts these files.
-- Times are microseconds since the epoch, UTC. Hashes are BLAKE2b-128 keyed with meta.hash_key: the
-- same text has another hash in another space. No row is deleted but by erasing; ids are not reused.
CREATE TABLE meta (
  key   TEXT PRIMARY KEY, -- file_uid, hash_key (32 random bytes), created_at
  value ANY NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE migration ( -- one row per file of this folder, written in its transaction
  version     INTEGER PRIMARY KEY,
  name        TEXT NOT NULL,
  at          INTEGER NOT NULL
) STRICT;

-- Immutable texts by content. Referred to by id, never by hash, so that erasing can empty one.
CREATE TABLE object (
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  hash    BLOB NOT NULL UNIQUE CHECK (length(hash) = 16),
  chars   INTEGER NOT NULL,
  enc     INTEGER NOT NULL CHECK (enc IN (0, 1, 2)), -- 0 UTF-8, 1 deflate, 2 deflate against base
  base_id INTEGER REFERENCES object (id), -- an enc 0 or 1 object: no chain is longer than one
  data    BLOB NOT NULL,
  CHECK ((enc = 2) = (base_id IS NOT NULL))
) STRICT;
CREATE INDEX object_by_base ON object (base_id) WHERE base_id IS NOT NULL;

CREATE TABLE about ( -- what is said of a block, by content: most versions share it
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  hash        BLOB NOT NULL UNIQUE CHECK (length(hash) = 16),
  description TEXT NOT NULL,
  tags        TEXT NOT NULL CHECK (json_valid(tags)), -- array of strings
  metadata    TEXT NOT NULL CHECK (json_valid(metadata)) -- object of strings
) STRICT;

CREATE TABLE author (
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  user           TEXT NOT NULL,
  client         TEXT NOT NULL,
  client_version TEXT NOT NULL,
  model          TEXT NOT NULL,
  UNIQUE (user, client, client_version, model)
) STRICT;

CREATE TABLE branch (
  id          INTEGER PRIMARY KEY,
  name        TEXT NOT NULL UNIQUE,
  parent_id   INTEGER REFERENCES branch (id),
  fork_change INTEGER, -- the parent's head when this branch was made
  head_change INTEGER NOT NULL DEFAULT 0,
  created_at  INTEGER NOT NULL,
  CHECK ((parent_id IS NULL) = (fork_change IS NULL))
) STRICT;

CREATE TABLE change ( -- the log of writes, and the feed of events; never updated
  number         INTEGER PRIMARY KEY, -- total order over all branches, without gaps
  branch_id      INTEGER NOT NULL REFERENCES branch (id),
  parent         INTEGER REFERENCES change (number), -- NULL: the first of all
  merge_parent   INTEGER REFERENCES change (number),
  at             INTEGER NOT NULL,
  author_id      INTEGER NOT NULL REFERENCES author (id),
  tool           TEXT NOT NULL,
  reason         TEXT NOT NULL,
  reason_hash    BLOB NOT NULL, -- kept when the reason is erased
  request_id     TEXT UNIQUE, -- the caller's idempotency key
  hash           BLOB NOT NULL CHECK (length(hash) = 16) -- chain.py: over the parent's and all of this
) STRICT;
CREATE INDEX change_by_branch ON change (branch_id, number);

CREATE TABLE block (
  id  INTEGER PRIMARY KEY AUTOINCREMENT,
  uid TEXT NOT NULL UNIQUE -- stable identity: survives renames
) STRICT;

CREATE TABLE block_version ( -- append-only: a block's state after a change
  block_id    INTEGER NOT NULL REFERENCES block (id),
  change      INTEGER NOT NULL REFERENCES change (number),
  position    INTEGER NOT NULL, -- its place among the blocks of the change
  branch_id   INTEGER NOT NULL REFERENCES branch (id), -- of the change
  action      TEXT NOT NULL, -- created, edited, renamed, described, deleted
  label       TEXT NOT NULL,
  label_key   TEXT NOT NULL, -- case-folded
  old_label   TEXT, -- where the change gave it another
  char_limit  INTEGER NOT NULL CHECK (char_limit > 0),
  read_only   INTEGER NOT NULL CHECK (read_only IN (0, 1)),
  about_id    INTEGER NOT NULL REFERENCES about (id),
  version     BLOB CHECK (length(version) = 16), -- the value's hash; NULL: deleted here
  object_id   INTEGER REFERENCES object (id), -- NULL: deleted here, or erased
  PRIMARY KEY (block_id, change)
) STRICT, WITHOUT ROWID;
CREATE INDEX block_version_by_change ON block_version (change);
CREATE INDEX block_version_by_label ON block_version (branch_id, label_key, change);
CREATE INDEX block_version_by_version ON block_version (block_id, version, change);
CREATE INDEX block_version_by_object ON block_version (object_id);

CREATE TABLE block_head ( -- the current state: one seek a block, whatever the history's length
  branch_id INTEGER NOT NULL REFERENCES branch (id),
  block_id  INTEGER NOT NULL REFERENCES block (id),
  change    INTEGER NOT NULL,
  label_key TEXT NOT NULL,
  PRIMARY KEY (branch_id, block_id),
  UNIQUE (branch_id, label_key),
  FOREIGN KEY (block_id, change) REFERENCES block_version (block_id, change)
) STRICT, WITHOUT ROWID;
