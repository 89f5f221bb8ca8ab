CREATE TABLE outbox_messages (
    id INTEGER PRIMARY KEY,
    body TEXT NOT NULL
);
