//! The least that is possible: the number of the last migration in `user_version`, the rest in one transaction, an empty
//! file from the final schema. Nothing is checked, and nothing is recorded but the number.

use std::path::Path;

use harness::Peer;
use rusqlite::{Connection, TransactionBehavior};

include!("../migrations/list.rs");

struct Raw;

fn main() {
    harness::main::<Raw>();
}

fn run_to(conn: &mut Connection, target: u32) {
    let version: u32 = conn.query_row("PRAGMA user_version", [], |row| row.get(0)).expect("the version");
    if version == target {
        return;
    }
    let transaction = conn.transaction_with_behavior(TransactionBehavior::Immediate).expect("a transaction");
    if version == 0 && target as usize == SCRIPTS.len() {
        transaction.execute_batch(SCHEMA).expect("the schema");
    } else {
        for script in &SCRIPTS[version as usize..target as usize] {
            transaction.execute_batch(script).expect("a migration");
        }
    }
    transaction.pragma_update(None, "user_version", target).expect("the version");
    transaction.commit().expect("a commit");
}

impl Peer for Raw {
    type Connection = Connection;
    type List = ();

    fn list(_variant: &str) {}

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

    fn run((): &(), conn: &mut Connection) {
        run_to(conn, SCRIPTS.len() as u32);
    }

    fn run_to((): &(), conn: &mut Connection, number: usize) {
        run_to(conn, number as u32);
    }

    fn history(conn: &mut Connection) -> i64 {
        conn.query_row("PRAGMA user_version", [], |row| row.get(0)).expect("the version")
    }
}
