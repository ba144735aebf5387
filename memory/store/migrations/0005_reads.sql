-- Format 5: when blocks were last read. No part of the history: nothing here is hashed, and a mark
-- may be lost. Reads are noted from the moment at which this file was applied (`migration`), and
-- anew after a backup was brought back: what was read meanwhile was noted in the file it replaced.
CREATE TABLE block_read ( -- of blocks of main; times are right to the hour
  block_id INTEGER PRIMARY KEY REFERENCES block (id),
  asked_at INTEGER NOT NULL, -- asked for by name, or found; 0: never
  shown_at INTEGER NOT NULL  -- shown with all others; 0: never
) STRICT;

CREATE TRIGGER block_read_ends AFTER INSERT ON block_version
  WHEN new.version IS NULL AND new.branch_id = 1 -- deleted or erased, in whichever way
BEGIN
  DELETE FROM block_read WHERE block_id = new.block_id;
END;

CREATE INDEX change_of_returns ON change (at) WHERE tool = 'restore-backup';
