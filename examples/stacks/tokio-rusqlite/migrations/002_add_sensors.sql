CREATE TABLE sensors (
    id INTEGER PRIMARY KEY,
    place TEXT NOT NULL
);
INSERT INTO sensors (place) VALUES ('unknown');
