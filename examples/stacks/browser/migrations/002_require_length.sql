-- A rebuild of a table that others refer to: the tags stay.
CREATE TABLE notes_new (id INTEGER PRIMARY KEY, title TEXT NOT NULL, length INTEGER NOT NULL);
INSERT INTO notes_new (id, title, length) SELECT id, title, length(title) FROM notes;
DROP TABLE notes;
ALTER TABLE notes_new RENAME TO notes;
