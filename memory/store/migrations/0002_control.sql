-- Format 2: branches that end, checkpoints, and what erasing leaves behind. The numbers of changes
-- may have gaps from now on: a restored backup goes on above all that were ever used.
ALTER TABLE branch ADD COLUMN author_id INTEGER REFERENCES author (id); -- who made it
ALTER TABLE branch ADD COLUMN closed_at INTEGER; -- deleted then: its heads went, its changes stay
ALTER TABLE change ADD COLUMN undoes INTEGER REFERENCES change (number); -- the one it takes back
ALTER TABLE change ADD COLUMN restores INTEGER REFERENCES change (number); -- all is as after that
CREATE INDEX change_by_turn ON change (branch_id, number)
  WHERE merge_parent IS NOT NULL OR undoes IS NOT NULL OR restores IS NOT NULL;

CREATE TABLE checkpoint ( -- a change with a name; names are shared with branches
  name      TEXT PRIMARY KEY,
  change    INTEGER NOT NULL REFERENCES change (number),
  message   TEXT NOT NULL,
  author_id INTEGER NOT NULL REFERENCES author (id),
  at        INTEGER NOT NULL,
  automatic INTEGER NOT NULL CHECK (automatic IN (0, 1)), -- made before a merge or a restore
  blocks    INTEGER NOT NULL, -- how much there was then
  chars     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE retraction ( -- what an erasing change took out of the past: hashes, no content
  change   INTEGER NOT NULL REFERENCES change (number), -- its hash covers these rows
  position INTEGER NOT NULL,
  kind     TEXT NOT NULL CHECK (kind IN ('entry', 'text', 'change')),
  was      BLOB NOT NULL CHECK (length(was) = 16), -- hash of the erased entry; of the text or
  now      BLOB CHECK (length(now) = 16),          -- change before, and of what stands there now
  PRIMARY KEY (change, position),
  CHECK ((kind = 'entry') = (now IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX retraction_by_hash ON retraction (kind, was);
