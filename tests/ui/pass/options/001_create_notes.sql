CREATE TABLE notes(id INTEGER PRIMARY KEY, body TEXT NOT NULL, color TEXT);
CREATE TABLE drafts(body TEXT);
CREATE INDEX old_index ON drafts(body);
CREATE VIEW old_view AS SELECT body FROM drafts;
CREATE TRIGGER old_trigger BEFORE DELETE ON notes BEGIN
    SELECT 1;
END;
