CREATE VIEW shelf AS
    SELECT author.name, book.title, book.year FROM book JOIN author ON author.id = book.author;
CREATE TRIGGER book_trimmed AFTER INSERT ON book BEGIN
    UPDATE book SET title = trim(NEW.title) WHERE id = NEW.id;
END;
