CREATE TABLE tags(name TEXT);
INSERT INTO tag VALUES ('rust');
