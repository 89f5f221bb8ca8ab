CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT NOT NULL);
CREATE VIRTUAL TABLE search USING fts5(body, content = 'notes', content_rowid = 'id');
CREATE TRIGGER search_insert AFTER INSERT ON notes BEGIN
    INSERT INTO search (rowid, body) VALUES (new.id, new.body);
END;
