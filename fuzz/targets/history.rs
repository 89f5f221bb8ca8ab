//! A history table with any content: nothing panics, and what is refused is left as it was.
#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use migrate_core::rusqlite::{Connection, params};
use migrate_core::{Migrator, Target};
use migrate_fuzz_kit::list;

#[path = "kit.rs"]
mod migrate_fuzz_kit;

#[derive(Arbitrary, Debug)]
enum Cell<'a> {
    Null,
    Number(i64),
    Text(&'a str),
    Bytes(&'a [u8]),
    Name(u8),
    Origin(u8),
}

#[derive(Arbitrary, Debug)]
struct Edit<'a> {
    row: u8,
    column: u8,
    value: Cell<'a>,
}

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    version: u8,
    edits: Vec<Edit<'a>>,
    rows: Vec<(Cell<'a>, Cell<'a>)>,
    drop: Option<u8>,
}

const COLUMNS: [&str; 8] =
    ["id", "migration_name", "applied_at", "checksum", "chain", "origin", "duration", "schema_version"];
const NAMES: [&str; 5] = ["001_notes.sql", "002_tags.sql", "003_loud.sql", "004_later.sql", "000_first.sql"];
const ORIGINS: [&str; 5] = ["applied", "fresh", "adopted", "started", "nothing"];

fn bind(cell: &Cell<'_>) -> Box<dyn migrate_core::rusqlite::ToSql> {
    match cell {
        Cell::Null => Box::new(None::<i64>),
        Cell::Number(number) => Box::new(*number),
        Cell::Text(text) => Box::new((*text).to_owned()),
        Cell::Bytes(bytes) => Box::new(bytes.to_vec()),
        Cell::Name(name) => Box::new(NAMES[usize::from(*name) % NAMES.len()]),
        Cell::Origin(origin) => Box::new(ORIGINS[usize::from(*origin) % ORIGINS.len()]),
    }
}

fn dump(conn: &Connection) -> Vec<String> {
    let mut lines = Vec::new();
    for sql in [
        "SELECT coalesce(sql, '') FROM sqlite_master ORDER BY name",
        "SELECT quote(id) || quote(migration_name) || quote(checksum) || quote(chain) || quote(origin) FROM schema_migrations ORDER BY rowid",
        "SELECT quote(id) || quote(body) FROM notes ORDER BY id",
    ] {
        let Ok(mut statement) = conn.prepare(sql) else { continue };
        let rows = statement.query_map([], |row| row.get::<_, String>(0)).expect("query");
        lines.extend(rows.flatten());
    }
    lines
}

fuzz_target!(|input: Input<'_>| {
    thread_local! {
        static LIST: migrate_core::Migrations<migrate_core::AnyVersion> = list();
    }
    LIST.with(|all| {
        let mut conn = Connection::open_in_memory().expect("memory");
        let at = usize::from(input.version) % 3;
        Migrator::new(all).target(Target::At(migrate_core::AnyVersion(at))).run(&mut conn).expect("valid");
        for edit in input.edits.iter().take(8) {
            let column = COLUMNS[usize::from(edit.column) % COLUMNS.len()];
            let sql = format!("UPDATE OR IGNORE schema_migrations SET {column} = ?1 WHERE id = ?2");
            let _ = conn.execute(&sql, params![bind(&edit.value), edit.row % 4]);
        }
        for (name, origin) in input.rows.iter().take(4) {
            let sql = "INSERT OR IGNORE INTO schema_migrations(migration_name, origin) VALUES (?1, ?2)";
            let _ = conn.execute(sql, params![bind(name), bind(origin)]);
        }
        if let Some(row) = input.drop {
            let _ = conn.execute("DELETE FROM schema_migrations WHERE id = ?1", [row % 4]);
        }
        let before = dump(&conn);
        let _ = all.status(&conn).expect("can be described");
        let _ = all.plan(&conn);
        assert_eq!(dump(&conn), before);
        match Migrator::new(all).run(&mut conn) {
            Err(error) => {
                assert!(error.to_string().contains("nothing was changed"), "{error}");
                assert_eq!(dump(&conn), before, "{error}");
            }
            Ok(_) => {
                let again = Migrator::new(all).run(&mut conn).expect("what was accepted once is current");
                assert_eq!(again.outcome(), migrate_core::Outcome::Current);
            }
        }
        assert!(conn.is_autocommit());
    });
});
