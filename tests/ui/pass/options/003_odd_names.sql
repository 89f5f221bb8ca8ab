CREATE TABLE "odd table"("odd column" TEXT, type TEXT);
CREATE INDEX odd_index ON "odd table"(type);
CREATE VIEW body AS SELECT body FROM notes;
CREATE TRIGGER keep BEFORE DELETE ON notes BEGIN
    SELECT RAISE(ABORT, 'notes are kept');
END;
