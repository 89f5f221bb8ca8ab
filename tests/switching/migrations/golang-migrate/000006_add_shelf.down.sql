DROP TRIGGER book_trimmed;
DROP VIEW shelf;
