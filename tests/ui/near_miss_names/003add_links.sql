CREATE TABLE links(url TEXT);
