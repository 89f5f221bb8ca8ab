-- migrate:up
ALTER TABLE book ADD COLUMN year INTEGER;

-- migrate:down
ALTER TABLE book DROP COLUMN year;
