//! migrate. The variant `no-backup` makes no copy before a run that drops tables; the others have no such copies.

use std::path::Path;

use harness::Peer;
use migrate::rusqlite::Connection;
use migrate::{BackupPolicy, Version};

mod db {
    migrate::migrations!("migrations");
}

struct Migrate;

fn main() {
    harness::main::<Migrate>();
}

impl Peer for Migrate {
    type Connection = Connection;
    type List = BackupPolicy;

    fn list(variant: &str) -> BackupPolicy {
        if variant == "no-backup" { BackupPolicy::Never } else { BackupPolicy::default() }
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

    fn run(backup: &BackupPolicy, conn: &mut Connection) {
        db::migrator().backup(*backup).run(conn).expect("a run");
    }

    fn run_to(backup: &BackupPolicy, conn: &mut Connection, number: usize) {
        let version = db::Version::from_index(number - 1).expect("a version");
        db::migrator().backup(*backup).target(version).run(conn).expect("a run");
    }

    fn history(conn: &mut Connection) -> i64 {
        Self::number(conn, "SELECT count(*) AS value FROM schema_migrations")
    }
}
