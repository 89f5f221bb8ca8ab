CREATE TABLE users_new(
    id INTEGER PRIMARY KEY,
    email TEXT CHECK (email LIKE '%@%'),
    age,
    settings TEXT NOT NULL DEFAULT '{}'
);
INSERT INTO users_new(id, email, age, settings) SELECT id, email, age, settings FROM users;
DROP TABLE users;
ALTER TABLE users_new RENAME TO users;
