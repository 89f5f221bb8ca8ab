//! What is said about mistakes that are made often, and what to write instead.

use migrate_check::{Declared, check};
use migrate_source::{Listing, parse};

/// What is said of a migration, after one that makes the tables `users` and `notes`.
fn said(sql: &str) -> String {
    let first =
        "CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT); CREATE TABLE notes(id INTEGER PRIMARY KEY, body TEXT);";
    let (source, findings) = parse(&Listing::from_files([("001_first.sql", first), ("002_second.sql", sql)]));
    let mut findings = findings;
    if findings.is_empty() {
        findings = check(&source, &Declared::default()).findings;
    }
    // Which word SQLite stops at depends on its version.
    let message =
        |text: &str| if text.ends_with(": syntax error") { "syntax error".to_owned() } else { text.to_owned() };
    let shown =
        findings.iter().map(|finding| format!("{}\n    {}\n", message(&finding.message), finding.help.join("; ")));
    shown.collect()
}

#[test]
fn what_to_write_instead() {
    let mistakes = [
        "CREATE TABLE a(x)\nCREATE TABLE b(y);",
        "ALTER TABLE users ADD COLUMN email TEXT\nALTER TABLE users ADD COLUMN age INTEGER;",
        "INSERT INTO users(name) VALUES ('x')\nINSERT INTO users(name) VALUES ('y');",
        "CREATE TABEL a(x);",
        "CRAETE TABLE a(x);",
        "CREATE UNIQE INDEX i ON users(name);",
        "CREATE VIEW v AS SELECT name FORM users;",
        "INSERT INTO users(name) VALEUS ('x');",
        "UPDATE users SET name = 'x' WERE id = 1;",
        "CREATE TABLE a(x INTEGER PRIMERY KEY);",
        "CREATE TABLE a(x TEXT, y TEXT,);",
        "CREATE TABLE a(x TEXT, y TEXT;",
        ".tables\nCREATE TABLE a(x);",
        ".mode box\n",
        "CREATE TABLE a(id INTEGER PRIMARY KEY AUTO_INCREMENT, x TEXT);",
        "ALTER TABLE users ALTER COLUMN name TYPE BLOB;",
        "ALTER TABLE users MODIFY COLUMN name BLOB;",
        "ALTER TABLE users CHANGE name title TEXT;",
        "ALTER TABLE users ADD CONSTRAINT fk FOREIGN KEY (name) REFERENCES notes(body);",
        "ALTER TABLE users ADD CONSTRAINT u UNIQUE (name);",
        "ALTER TABLE users ADD PRIMARY KEY (name);",
        "ALTER TABLE users ADD UNIQUE (name);",
        "ALTER TABLE users ADD INDEX i (name);",
        "ALTER TABLE users ADD COLUMN IF NOT EXISTS email TEXT;",
        "ALTER TABLE users DROP COLUMN IF EXISTS name;",
        "ALTER TABLE users ADD COLUMN a TEXT, ADD COLUMN b TEXT;",
        "ALTER TABLE users ADD COLUMN a TEXT AFTER name;",
        "INSERT INTO users(name) VALUES ('it\\'s me');",
        "INSERT INTO users(name) VALUES ('it\\'s', 'me');",
        "INSERT IGNORE INTO users(name) VALUES ('x');",
        "INSERT INTO users(id) VALUES (1) ON DUPLICATE KEY UPDATE name = 'x';",
        "TRUNCATE TABLE users;",
        "CREATE OR REPLACE VIEW v AS SELECT 1 AS x;",
        "DROP TABLE users CASCADE;",
        "CREATE INDEX CONCURRENTLY i ON users(name);",
        "CREATE INDEX i ON users USING btree (name);",
        "CREATE TABLE a(x TEXT) ENGINE=InnoDB;",
        "CREATE TABLE a(x ENUM('a', 'b'));",
        "CREATE TABLE a(x TIMESTAMP DEFAULT now());",
        "CREATE TABLE a(x TIMESTAMP DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP);",
        "UPDATE users SET name = now();",
        "UPDATE users SET name = gen_random_uuid();",
        "CREATE EXTENSION pgcrypto;",
        "CREATE TYPE mood AS ENUM ('sad', 'ok');",
        "SET search_path = public;",
        "DELETE FROM users ORDER BY id LIMIT 10;",
        "CREATE TABLE a(x INTEGER, KEY k (x));",
        "CREATE TABLE order(x INTEGER);",
        "CREATE TABLE a(id SERIAL PRIMARY KEY, x TEXT);",
        "CREATE TABLE a(id INT AUTO_INCREMENT PRIMARY KEY, x TEXT);",
        "UPDATE users SET name = name::text;",
        "CREATE TABLE a(done BOOLEAN DEFAULT TRUE);",
    ];
    let book: Vec<String> =
        mistakes.iter().map(|sql| format!("{}\n  {}", sql.trim_end(), said(sql).trim_start())).collect();
    insta::assert_snapshot!(book.join("\n"));
}
