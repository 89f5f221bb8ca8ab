CREATE TABLE notes_new(id INTEGER PRIMARY KEY, title TEXT NOT NULL DEFAULT '', words INTEGER);
INSERT INTO notes_new(id, title, words) SELECT id, coalesce(title, ''), words FROM notes;
DROP TABLE notes;
ALTER TABLE notes_new RENAME TO notes;
CREATE INDEX notes_title ON notes(title);
CREATE TRIGGER notes_insert AFTER INSERT ON notes BEGIN
    INSERT INTO log VALUES (new.id);
END;
