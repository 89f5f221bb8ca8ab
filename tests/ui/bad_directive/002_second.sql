--! transaction: maybe
--! marker: colum notes.body
--! allow(drop-column)
CREATE TABLE tags(name TEXT);
