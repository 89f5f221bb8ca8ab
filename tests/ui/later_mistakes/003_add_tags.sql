CREATE TABEL tags (name TEXT);
INSERT INTO tags VALUES ('new');
