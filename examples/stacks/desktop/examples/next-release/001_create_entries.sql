CREATE TABLE entries (
    id INTEGER PRIMARY KEY,
    day TEXT NOT NULL,
    body TEXT NOT NULL
);
