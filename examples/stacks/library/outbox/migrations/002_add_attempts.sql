ALTER TABLE outbox_messages ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
CREATE INDEX outbox_by_attempts ON outbox_messages (attempts);
