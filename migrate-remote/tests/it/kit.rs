//! Lists of migrations, and what a database holds.

use std::path::Path;

use migrate::rusqlite::{Connection, Row, types::ValueRef};
use migrate_check::Loaded;

use crate::server::Server;

/// Parents and children, a rebuild of the parents, a search index with triggers, a view, rows: what applications have.
pub(crate) const NOTES: [(&str, &str); 5] = [
    (
        "001_create_notes.sql",
        "CREATE TABLE notes (id INTEGER PRIMARY KEY AUTOINCREMENT, title TEXT NOT NULL, body TEXT);
         CREATE TABLE tags (id INTEGER PRIMARY KEY, note_id INTEGER NOT NULL REFERENCES notes(id) ON DELETE CASCADE, name TEXT NOT NULL);
         CREATE INDEX tags_by_note ON tags(note_id);
         INSERT INTO notes (title, body) VALUES ('welcome', 'it''s -- not; a comment');",
    ),
    ("002_pin.sql", "ALTER TABLE notes ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;\nUPDATE notes SET pinned = 1 WHERE title = 'welcome';"),
    (
        "003_rebuild_notes.sql",
        "-- the body may not be missing any more
         CREATE TABLE notes_new (
             id INTEGER PRIMARY KEY AUTOINCREMENT,
             title TEXT NOT NULL,
             body TEXT NOT NULL DEFAULT '',
             pinned INTEGER NOT NULL DEFAULT 0
         );
         INSERT INTO notes_new (id, title, body, pinned) SELECT id, title, coalesce(body, ''), pinned FROM notes;
         DROP TABLE notes;
         ALTER TABLE notes_new RENAME TO notes;",
    ),
    (
        "004_search.sql",
        "CREATE VIRTUAL TABLE search USING fts5(body, content='notes', content_rowid='id');
         INSERT INTO search (search) VALUES ('rebuild');
         CREATE TRIGGER notes_added AFTER INSERT ON notes BEGIN
             INSERT INTO search (rowid, body) VALUES (new.id, new.body);
         END;",
    ),
    (
        "005_overview.sql",
        "CREATE VIEW overview AS SELECT n.title, count(t.id) AS tags FROM notes AS n LEFT JOIN tags AS t ON t.note_id = n.id GROUP BY n.id;
         CREATE INDEX notes_pinned ON notes(pinned) WHERE pinned = 1;",
    ),
];

/// Loads files as a directory of migrations, proof included.
pub(crate) fn list(files: &[(&str, &str)]) -> Loaded {
    let directory = directory(files);
    migrate_check::load(directory.path()).unwrap_or_else(|error| panic!("{error}"))
}

pub(crate) fn directory(files: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(directory.path().join(name), text).unwrap();
    }
    directory
}

/// Everything in a database: objects with their SQL, rows, and the history without times.
pub(crate) fn dump(path: &Path) -> String {
    let conn = Connection::open(path).unwrap();
    let mut lines = rows(&conn, "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY rowid");
    lines.extend(rows(&conn, "PRAGMA user_version"));
    let tables = rows(
        &conn,
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'shadow') ORDER BY name",
    );
    for table in tables.iter().filter(|name| !name.starts_with("search") && *name != "schema_migrations") {
        lines.extend(rows(&conn, &format!("SELECT '{table}', * FROM \"{table}\" ORDER BY 2")));
    }
    lines.extend(rows(
        &conn,
        "SELECT id, migration_name, checksum, chain, origin, duration IS NULL, schema_version FROM schema_migrations ORDER BY id",
    ));
    lines.join("\n")
}

fn rows(conn: &Connection, sql: &str) -> Vec<String> {
    let mut statement = conn.prepare(sql).unwrap();
    let columns = statement.column_count();
    let text = |row: &Row<'_>| {
        let cell = |column| match row.get_ref(column)? {
            ValueRef::Null => Ok("NULL".to_owned()),
            ValueRef::Integer(value) => Ok(value.to_string()),
            ValueRef::Real(value) => Ok(value.to_string()),
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Ok(String::from_utf8_lossy(bytes).into_owned()),
        };
        (0..columns).map(cell).collect::<Result<Vec<_>, migrate::rusqlite::Error>>().map(|cells| cells.join("|"))
    };
    statement.query_map([], text).unwrap().collect::<Result<_, _>>().unwrap()
}

/// The database of a server as a file of its own; the server stands still meanwhile.
pub(crate) fn copied(server: &mut Server) -> std::path::PathBuf {
    copied_of(server, "default")
}

/// That of a namespace.
pub(crate) fn copied_of(server: &mut Server, namespace: &str) -> std::path::PathBuf {
    server.kill();
    let copy = server.directory().join("copy.db");
    for end in ["", "-wal"] {
        let _ = std::fs::remove_file(format!("{}{end}", copy.display()));
        let from = format!("{}{end}", server.file_of(namespace).display());
        if Path::new(&from).exists() {
            std::fs::copy(from, format!("{}{end}", copy.display())).unwrap();
        }
    }
    server.start();
    copy
}

/// `name origin` of every row of the history.
pub(crate) fn history(server: &Server) -> String {
    server.sql(&["SELECT migration_name || ' ' || origin FROM schema_migrations ORDER BY id"]).join(", ")
}
