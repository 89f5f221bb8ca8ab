CREATE TABLE links(url TEXT);
ATTACH 'x.db' AS x;
