use include_dir::{Dir, include_dir};
use rusqlite_migration::Migrations;

static DIRECTORY: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/migrations");

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).unwrap_or_else(|| ":memory:".into());
    let mut conn = rusqlite::Connection::open(path)?;
    Migrations::from_directory(&DIRECTORY)?.to_latest(&mut conn)?;
    let tables: i64 = conn.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))?;
    println!("{tables}");
    Ok(())
}
