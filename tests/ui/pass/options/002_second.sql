--! allow(drop-table): merged into notes
--! allow(drop-column): unused since 0.8
CREATE TABLE tags(name TEXT);
DROP TRIGGER old_trigger;
DROP VIEW old_view;
DROP INDEX old_index;
DROP TABLE drafts;
ALTER TABLE notes DROP COLUMN color;
