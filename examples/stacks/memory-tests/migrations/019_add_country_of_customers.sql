ALTER TABLE customers ADD COLUMN country TEXT REFERENCES countries;
