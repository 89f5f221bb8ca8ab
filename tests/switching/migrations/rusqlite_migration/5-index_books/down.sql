DROP INDEX book_author;
