CREATE TABLE notes_new(
    id INTEGER PRIMARY KEY,
    title TEXT NOT NULL,
    body TEXT,
    kind TEXT NOT NULL DEFAULT 'text',
    words INTEGER NOT NULL DEFAULT 0
);
INSERT INTO notes_new(id, title, kind) SELECT id, title, kind FROM notes;
DROP TABLE notes;
ALTER TABLE notes_new RENAME TO notes;
