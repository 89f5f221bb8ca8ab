--! transactions: none
CREATE TABLE tags(name TEXT);
