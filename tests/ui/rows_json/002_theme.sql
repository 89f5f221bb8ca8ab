ALTER TABLE users ADD COLUMN theme TEXT;
UPDATE users SET theme = json_extract(settings, '$.theme');
