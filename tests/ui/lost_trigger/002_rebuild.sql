CREATE TABLE notes_new (id INTEGER PRIMARY KEY, body TEXT NOT NULL DEFAULT '', title TEXT);
INSERT INTO notes_new (id, body, title) SELECT id, coalesce(body, ''), title FROM notes;
DROP TABLE notes;
ALTER TABLE notes_new RENAME TO notes;
