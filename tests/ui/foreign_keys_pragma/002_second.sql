PRAGMA foreign_keys = OFF;
CREATE TABLE tags(name TEXT);
