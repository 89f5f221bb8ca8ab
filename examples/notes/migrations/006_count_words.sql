-- What a word is, SQL cannot tell: a Rust step counts those of the notes that are there.
ALTER TABLE notes ADD COLUMN words INTEGER NOT NULL DEFAULT 0;
