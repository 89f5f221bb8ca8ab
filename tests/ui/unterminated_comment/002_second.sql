CREATE TABLE tags(name TEXT);
/* later:
CREATE INDEX tags_name ON tags(name);
