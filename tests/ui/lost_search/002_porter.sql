DROP TABLE search;
CREATE VIRTUAL TABLE search USING fts5(body, content = 'notes', content_rowid = 'id', tokenize = 'porter');
