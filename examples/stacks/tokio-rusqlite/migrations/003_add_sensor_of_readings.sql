ALTER TABLE readings ADD COLUMN sensor_id INTEGER REFERENCES sensors;
UPDATE readings SET sensor_id = 1;
