CREATE TABLE entries_new (
    id INTEGER PRIMARY KEY,
    day TEXT NOT NULL,
    title TEXT NOT NULL,
    body TEXT NOT NULL
);
INSERT INTO entries_new (id, day, title, body) SELECT id, day, substr(body, 1, 20), body FROM entries;
DROP TABLE entries;
ALTER TABLE entries_new RENAME TO entries;
