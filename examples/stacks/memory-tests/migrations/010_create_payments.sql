CREATE TABLE payments (
    id INTEGER PRIMARY KEY,
    order_id INTEGER NOT NULL REFERENCES orders,
    cents INTEGER NOT NULL CHECK (cents <> 0)
);
