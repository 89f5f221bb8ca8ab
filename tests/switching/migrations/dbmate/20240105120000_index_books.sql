-- migrate:up
CREATE INDEX book_author ON book (author, year);

-- migrate:down
DROP INDEX book_author;
