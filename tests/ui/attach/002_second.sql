ATTACH 'old.db' AS old;
INSERT INTO notes SELECT * FROM old.notes;
