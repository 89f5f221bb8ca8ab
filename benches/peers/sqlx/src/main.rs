//! sqlx, on a runtime of one thread.

use std::path::Path;

use harness::Peer;
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use tokio::runtime::{Builder, Runtime};

static MIGRATOR: Migrator = sqlx::migrate!("./migrations");

thread_local! {
    static RUNTIME: Runtime = Builder::new_current_thread().build().expect("a runtime");
}

struct Sqlx;

fn main() {
    harness::main::<Sqlx>();
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    RUNTIME.with(|runtime| runtime.block_on(future))
}

impl Peer for Sqlx {
    type Connection = SqliteConnection;
    type List = &'static Migrator;

    fn list(_variant: &str) -> &'static Migrator {
        &MIGRATOR
    }

    fn open(path: &Path) -> SqliteConnection {
        let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
        wait(options.connect()).expect("a connection")
    }

    fn close(conn: SqliteConnection) {
        wait(conn.close()).expect("a connection to close");
    }

    fn execute(conn: &mut SqliteConnection, sql: &str) {
        wait(sqlx::raw_sql(AssertSqlSafe(sql)).execute(conn)).expect(sql);
    }

    fn number(conn: &mut SqliteConnection, sql: &str) -> i64 {
        wait(sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(conn)).expect(sql)
    }

    fn text(conn: &mut SqliteConnection, sql: &str) -> String {
        wait(sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(conn)).expect(sql)
    }

    fn run(migrator: &&'static Migrator, conn: &mut SqliteConnection) {
        wait(migrator.run(conn)).expect("a run");
    }

    fn run_to(migrator: &&'static Migrator, conn: &mut SqliteConnection, number: usize) {
        wait(migrator.run_to(number as i64, conn)).expect("a run");
    }

    fn history(conn: &mut SqliteConnection) -> i64 {
        Self::number(conn, "SELECT count(*) AS value FROM _sqlx_migrations")
    }
}
