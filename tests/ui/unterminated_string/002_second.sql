CREATE TABLE tags(name TEXT);
INSERT INTO tags VALUES ('rust);
