CREATE TABLE orders_new (
    id INTEGER PRIMARY KEY,
    article TEXT NOT NULL,
    count INTEGER NOT NULL
);
INSERT INTO orders_new (id, article, count) SELECT id, article, ifnull(count, 1) FROM orders;
DROP TABLE orders;
ALTER TABLE orders_new RENAME TO orders;
