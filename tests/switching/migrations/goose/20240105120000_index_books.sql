-- +goose Up
CREATE INDEX book_author ON book (author, year);

-- +goose Down
DROP INDEX book_author;
