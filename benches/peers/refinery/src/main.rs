//! refinery. The variant `grouped` runs all migrations in one transaction, which is an option of its runner.

use std::path::Path;

use harness::Peer;
use refinery::{Runner, Target};
use rusqlite::Connection;

mod embedded {
    refinery::embed_migrations!("migrations");
}

struct Refinery;

fn main() {
    harness::main::<Refinery>();
}

impl Peer for Refinery {
    type Connection = Connection;
    type List = Runner;

    fn list(variant: &str) -> Runner {
        embedded::migrations::runner().set_grouped(variant == "grouped")
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

    fn run(runner: &Runner, conn: &mut Connection) {
        runner.run(conn).expect("a run");
    }

    fn run_to(_runner: &Runner, conn: &mut Connection, number: usize) {
        let target = Target::Version(number.try_into().expect("a number"));
        embedded::migrations::runner().set_target(target).run(conn).expect("a run");
    }

    fn history(conn: &mut Connection) -> i64 {
        Self::number(conn, "SELECT count(*) AS value FROM refinery_schema_history")
    }
}
