--! allow(type-changed): ages are written without zeros in front
CREATE TABLE users_new(
    id INTEGER PRIMARY KEY,
    email TEXT,
    age INTEGER,
    settings TEXT NOT NULL DEFAULT '{}'
) STRICT;
INSERT INTO users_new(id, email, age, settings) SELECT id, email, age, settings FROM users;
DROP TABLE users;
ALTER TABLE users_new RENAME TO users;
