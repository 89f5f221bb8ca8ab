--! allow(drop-table): merged into notes
DROP TABLE drafts;
