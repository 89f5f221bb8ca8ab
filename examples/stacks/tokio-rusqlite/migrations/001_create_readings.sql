CREATE TABLE readings (
    at INTEGER PRIMARY KEY,
    celsius REAL NOT NULL
);
