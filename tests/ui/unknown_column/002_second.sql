CREATE TABLE tags(name TEXT);
INSERT INTO notes(boddy) VALUES ('first');
