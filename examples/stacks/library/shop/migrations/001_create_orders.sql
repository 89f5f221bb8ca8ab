CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    article TEXT NOT NULL,
    count INTEGER
);
