-- Format 3: the archive, and what search looks through. Passages are versioned as blocks are, but
-- not by branch: their changes are main's.
CREATE TABLE passage ( -- a text of the archive; its number is its name
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  kind       TEXT NOT NULL CHECK (kind IN ('passage', 'episode')),
  created_at INTEGER NOT NULL,
  change     INTEGER NOT NULL, -- that of its newest version
  FOREIGN KEY (id, change) REFERENCES passage_version (passage_id, change)
    DEFERRABLE INITIALLY DEFERRED
) STRICT;

CREATE TABLE passage_version ( -- append-only: a passage's state after a change
  passage_id  INTEGER NOT NULL REFERENCES passage (id),
  change      INTEGER NOT NULL REFERENCES change (number),
  position    INTEGER NOT NULL, -- its place among the passages of the change
  action      TEXT NOT NULL, -- filed, edited, described, deleted
  about_id    INTEGER NOT NULL REFERENCES about (id), -- tags, and metadata.source
  valid_from  INTEGER,
  valid_until INTEGER,
  version     BLOB CHECK (length(version) = 16), -- the text's hash; NULL: deleted here
  object_id   INTEGER REFERENCES object (id), -- NULL: deleted here, or let go
  PRIMARY KEY (passage_id, change)
) STRICT, WITHOUT ROWID;
CREATE INDEX passage_version_by_change ON passage_version (change);
CREATE INDEX passage_version_by_object ON passage_version (object_id);
CREATE INDEX passage_version_by_about ON passage_version (about_id);

-- From here on: derived from the above, for search.
CREATE TABLE doc ( -- one thing that can be found as it is now; of blocks, those of main
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  kind    INTEGER NOT NULL CHECK (kind IN (1, 2, 3)), -- an entry of a block, passage, episode
  item_id INTEGER NOT NULL, -- the block or passage
  at      INTEGER NOT NULL, -- when it began to hold, or was written
  source  TEXT, -- docs of one kind and source are neighbours, in the order of their ids
  entity  TEXT NOT NULL, -- words, in lower case, of whom or what it is about
  context TEXT NOT NULL, -- of an entry: label and heading
  text    TEXT -- of an entry; a passage's is in its version
) STRICT;
CREATE INDEX doc_by_item ON doc (kind, item_id);
CREATE INDEX doc_by_source ON doc (kind, source, id) WHERE source IS NOT NULL;
CREATE INDEX doc_by_time ON doc (at);

CREATE TABLE doc_tag (
  tag    TEXT NOT NULL, -- case-folded
  doc_id INTEGER NOT NULL REFERENCES doc (id) ON DELETE CASCADE,
  PRIMARY KEY (tag, doc_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX doc_tag_by_doc ON doc_tag (doc_id);

CREATE VIRTUAL TABLE doc_text USING fts5 ( -- rowid: doc.id
  body, context, content='', contentless_delete=1, tokenize='porter unicode61 remove_diacritics 2'
);

CREATE TABLE past ( -- an entry that a block of main no longer has
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  block_id INTEGER NOT NULL REFERENCES block (id),
  until    INTEGER NOT NULL REFERENCES change (number), -- the change that took it out
  text     TEXT NOT NULL
) STRICT;
CREATE INDEX past_by_block ON past (block_id, until);
CREATE INDEX past_by_change ON past (until);

CREATE VIRTUAL TABLE past_text USING fts5 ( -- rowid: past.id
  body, content='', contentless_delete=1, tokenize='porter unicode61 remove_diacritics 2'
);

CREATE TABLE model ( -- what made the vectors; two models' are never compared
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  spec    TEXT NOT NULL, -- as the setting names it
  name    TEXT NOT NULL,
  hash    TEXT NOT NULL UNIQUE, -- over weights, tokenizer, prefixes
  dim     INTEGER NOT NULL CHECK (dim > 0),
  serving INTEGER NOT NULL CHECK (serving IN (0, 1)) -- 0: its vectors are being made
) STRICT;

CREATE TABLE embedding (
  id       INTEGER PRIMARY KEY AUTOINCREMENT, -- the order in which they came
  model_id INTEGER NOT NULL REFERENCES model (id),
  doc_id   INTEGER NOT NULL REFERENCES doc (id) ON DELETE CASCADE,
  i8       BLOB NOT NULL, -- the direction, scaled so that the largest part is 127
  norm     REAL NOT NULL, -- the length
  UNIQUE (doc_id, model_id)
) STRICT;

CREATE TABLE embed_queue ( -- docs without a vector, or whose vector is of what they were
  seq    INTEGER PRIMARY KEY AUTOINCREMENT,
  doc_id INTEGER NOT NULL UNIQUE REFERENCES doc (id) ON DELETE CASCADE
) STRICT;

CREATE TABLE lease ( -- who does a work that only one process shall do, and until when
  name   TEXT PRIMARY KEY,
  holder TEXT NOT NULL,
  until  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
