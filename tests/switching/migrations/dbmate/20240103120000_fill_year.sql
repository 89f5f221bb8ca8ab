-- migrate:up
-- Leaves no mark in the schema.
UPDATE book SET year = 1900 WHERE year IS NULL;

-- migrate:down
UPDATE book SET year = NULL WHERE year = 1900;
