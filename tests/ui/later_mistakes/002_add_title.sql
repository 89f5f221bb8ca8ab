ALTER TABLE notes ADD COLUMN title TEXT;
CREATE INDEX idx_notes_title ON notes(title);
