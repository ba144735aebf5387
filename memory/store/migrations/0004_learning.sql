-- Format 4: what is learned from how it went. No text stands here: what was lost stands in the
-- version before, how a task went is said by an episode; so that erasing need not look here.
CREATE TABLE loss ( -- an entry that a rewrite left out
  change    INTEGER NOT NULL REFERENCES change (number), -- the rewrite
  block_id  INTEGER NOT NULL REFERENCES block (id),
  line      INTEGER NOT NULL, -- in the text before it, counted from 1: a hint, erasing moves lines
  entry     BLOB NOT NULL CHECK (length(entry) = 16), -- its hash, by which it is found there
  confirmed INTEGER NOT NULL CHECK (confirmed IN (0, 1)), -- somebody said that it may go
  PRIMARY KEY (change, block_id, line)
) STRICT, WITHOUT ROWID;

CREATE TABLE outcome ( -- how a task went: its episode says which, its first change who and when
  passage_id INTEGER PRIMARY KEY REFERENCES passage (id),
  shown      INTEGER NOT NULL REFERENCES change (number), -- the newest change that memory showed
  score      REAL NOT NULL CHECK (score BETWEEN 0 AND 1)
) STRICT;
CREATE INDEX outcome_by_shown ON outcome (shown);

CREATE TABLE run ( -- a consolidation: a branch, and how far the episodes are that it learns from
  branch_id INTEGER PRIMARY KEY REFERENCES branch (id),
  upto      INTEGER NOT NULL, -- the last episode that its work order has
  merged    INTEGER REFERENCES change (number) -- NULL: not yet; it is open as long as its branch is
) STRICT;

CREATE INDEX passage_of_episodes ON passage (id) WHERE kind = 'episode';
