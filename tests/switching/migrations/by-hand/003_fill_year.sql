-- Leaves no mark in the schema.
UPDATE book SET year = 1900 WHERE year IS NULL;
