CREATE TABLE users(
    id INTEGER PRIMARY KEY,
    email TEXT,
    age,
    settings TEXT NOT NULL DEFAULT '{}'
);
