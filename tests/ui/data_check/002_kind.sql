ALTER TABLE notes ADD COLUMN kind TEXT DEFAULT 'plain' CHECK (kind IN ('text', 'list'));
