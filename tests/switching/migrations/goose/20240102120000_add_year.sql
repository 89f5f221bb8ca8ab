-- +goose Up
ALTER TABLE book ADD COLUMN year INTEGER;

-- +goose Down
ALTER TABLE book DROP COLUMN year;
