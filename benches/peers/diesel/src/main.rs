//! diesel_migrations.

use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use harness::Peer;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

struct Diesel;

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    value: i64,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    value: String,
}

fn main() {
    harness::main::<Diesel>();
}

impl Peer for Diesel {
    type Connection = SqliteConnection;
    type List = ();

    fn list(_variant: &str) {}

    fn open(path: &Path) -> SqliteConnection {
        SqliteConnection::establish(path.to_str().expect("a path")).expect("a connection")
    }

    fn close(conn: SqliteConnection) {
        drop(conn);
    }

    fn execute(conn: &mut SqliteConnection, sql: &str) {
        conn.batch_execute(sql).expect(sql);
    }

    fn number(conn: &mut SqliteConnection, sql: &str) -> i64 {
        diesel::sql_query(sql).get_result::<Number>(conn).expect(sql).value
    }

    fn text(conn: &mut SqliteConnection, sql: &str) -> String {
        diesel::sql_query(sql).get_result::<Line>(conn).expect(sql).value
    }

    fn run((): &(), conn: &mut SqliteConnection) {
        conn.run_pending_migrations(MIGRATIONS).expect("a run");
    }

    fn run_to((): &(), conn: &mut SqliteConnection, number: usize) {
        let pending = conn.pending_migrations(MIGRATIONS).expect("a list");
        let applied = Self::history(conn) as usize;
        conn.run_migrations(&pending[..number - applied]).expect("a run");
    }

    fn history(conn: &mut SqliteConnection) -> i64 {
        Self::number(conn, "SELECT count(*) AS value FROM __diesel_schema_migrations")
    }
}
