ALTER TABLE notes ADD COLUMN updated_at TEXT;

-- A note from before this column was last changed when it was written, as far as anybody knows.
UPDATE notes SET updated_at = created_at;

CREATE INDEX notes_updated_at ON notes(updated_at);
