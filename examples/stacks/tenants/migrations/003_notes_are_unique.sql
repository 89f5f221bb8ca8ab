--! allow(may-fail-on-data): a tenant with the same note twice is told to ask us
CREATE UNIQUE INDEX notes_body ON notes(body);
