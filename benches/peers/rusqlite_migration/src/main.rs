//! rusqlite_migration, from a directory that is embedded.

use std::path::Path;

use harness::Peer;
use include_dir::{Dir, include_dir};
use rusqlite::Connection;
use rusqlite_migration::Migrations;

static DIRECTORY: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/migrations");

struct RusqliteMigration;

fn main() {
    harness::main::<RusqliteMigration>();
}

impl Peer for RusqliteMigration {
    type Connection = Connection;
    type List = Migrations<'static>;

    fn list(_variant: &str) -> Migrations<'static> {
        Migrations::from_directory(&DIRECTORY).expect("the migrations")
    }

    fn open(path: &Path) -> Connection {
        Connection::open(path).expect("a connection")
    }

    fn close(conn: Connection) {
        conn.close().expect("a connection to close");
    }

    fn execute(conn: &mut Connection, sql: &str) {
        conn.execute_batch(sql).expect(sql);
    }

    fn number(conn: &mut Connection, sql: &str) -> i64 {
        conn.query_row(sql, [], |row| row.get("value")).expect(sql)
    }

    fn text(conn: &mut Connection, sql: &str) -> String {
        conn.query_row(sql, [], |row| row.get("value")).expect(sql)
    }

    fn run(list: &Migrations<'static>, conn: &mut Connection) {
        list.to_latest(conn).expect("a run");
    }

    fn run_to(list: &Migrations<'static>, conn: &mut Connection, number: usize) {
        list.to_version(conn, number).expect("a run");
    }

    fn history(conn: &mut Connection) -> i64 {
        conn.query_row("PRAGMA user_version", [], |row| row.get(0)).expect("the version")
    }
}
