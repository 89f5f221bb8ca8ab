CREATE TABLE notes(id INTEGER PRIMARY KEY, body TEXT NOT NULL, tag TEXT);
CREATE VIEW tags AS SELECT group_concat(tag, ', ' ORDER BY tag) AS all_of_them FROM notes;
ANALYZE;
