CREATE TABLE lines (
    order_id INTEGER NOT NULL REFERENCES orders ON DELETE CASCADE,
    article_id INTEGER NOT NULL REFERENCES articles,
    count INTEGER NOT NULL,
    PRIMARY KEY (order_id, article_id)
) WITHOUT ROWID;
