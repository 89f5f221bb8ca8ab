-- SQLite cannot add NOT NULL or STRICT to a table that is there, so the table is rebuilt: new, copy, drop, rename.
-- Where somebody stored a BLOB as a title, a STRICT table would refuse it: the copy makes a text of it.
--
-- `tags` refers to it with ON DELETE CASCADE. With foreign keys on, DROP TABLE would delete every tag. A run turns them
-- off before it begins, and checks every key before it commits.
CREATE TABLE notes_new (
    id INTEGER PRIMARY KEY,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
) STRICT;

INSERT INTO notes_new (id, title, body, created_at, updated_at)
SELECT
    id,
    CAST(title AS TEXT),
    CAST(body AS TEXT),
    coalesce(created_at, CURRENT_TIMESTAMP),
    coalesce(updated_at, CURRENT_TIMESTAMP)
FROM notes;

DROP TABLE notes;

ALTER TABLE notes_new RENAME TO notes;

-- It went with the old table.
CREATE INDEX notes_updated_at ON notes(updated_at);
