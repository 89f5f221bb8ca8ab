-- The index holds no text of its own, but reads it from `notes`; the triggers keep the two in step.
CREATE VIRTUAL TABLE notes_search USING fts5(title, body, content = 'notes', content_rowid = 'id');

CREATE TRIGGER notes_search_insert AFTER INSERT ON notes BEGIN
    INSERT INTO notes_search (rowid, title, body) VALUES (new.id, new.title, new.body);
END;

CREATE TRIGGER notes_search_delete AFTER DELETE ON notes BEGIN
    INSERT INTO notes_search (notes_search, rowid, title, body) VALUES ('delete', old.id, old.title, old.body);
END;

CREATE TRIGGER notes_search_update AFTER UPDATE OF title, body ON notes BEGIN
    INSERT INTO notes_search (notes_search, rowid, title, body) VALUES ('delete', old.id, old.title, old.body);
    INSERT INTO notes_search (rowid, title, body) VALUES (new.id, new.title, new.body);
END;

-- The notes that are there already.
INSERT INTO notes_search (notes_search) VALUES ('rebuild');
