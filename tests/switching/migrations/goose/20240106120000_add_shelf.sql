-- +goose Up
CREATE VIEW shelf AS
    SELECT author.name, book.title, book.year FROM book JOIN author ON author.id = book.author;
-- +goose StatementBegin
CREATE TRIGGER book_trimmed AFTER INSERT ON book BEGIN
    UPDATE book SET title = trim(NEW.title) WHERE id = NEW.id;
END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER book_trimmed;
DROP VIEW shelf;
