CREATE TABLE author_new (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    name VARCHAR NOT NULL,
    born INTEGER
);
INSERT INTO sqlite_sequence (name, seq) SELECT 'author_new', seq FROM sqlite_sequence WHERE name = 'author';
INSERT INTO author_new (id, name) SELECT id, name FROM author;
DROP TABLE author;
ALTER TABLE author_new RENAME TO author;
