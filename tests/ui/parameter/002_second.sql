INSERT INTO notes(body) VALUES (:body);
