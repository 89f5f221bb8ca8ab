//! A scratch database as bytes, to be gone on with by another proof.

use std::time::Duration;

use migrate_core::__private::Script;
use migrate_source::Config;
use migrate_sql::Token;
use rusqlite::Connection;
use rusqlite::backup::Backup;

use super::Scratch;
use crate::cache::{Bytes, slice, write_slice};

impl Scratch {
    /// What the database holds. What its connection holds is not in it: see [`is_plain`].
    pub(crate) fn write(&mut self, to: &mut Vec<u8>) -> rusqlite::Result<()> {
        self.total_changes().write(to);
        write_slice(&self.conn.serialize("main")?, to);
        Ok(())
    }

    /// The database that was written.
    pub(crate) fn read(config: &Config, limit: Duration, from: &mut &[u8]) -> Option<Scratch> {
        let changes = u64::read(from)?;
        let image = slice(from)?;
        let open = || {
            let mut kept = Connection::open_in_memory()?;
            kept.deserialize_read_exact("main", image, image.len(), true)?;
            // An image is a file to SQLite, and some pragmas tell one from a database in memory.
            let mut conn = Connection::open_in_memory()?;
            Backup::new(&kept, &mut conn)?.step(-1)?;
            conn.execute_batch("PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = OFF")?;
            Scratch::over(conn, config, limit, changes)
        };
        open().ok()
    }
}

/// Whether a connection on which a script has run is, but for its database, like any other: a pragma may have set
/// something that is in no image.
pub(crate) fn is_plain(script: &Script) -> bool {
    script.statements.iter().all(|statement| {
        let mut words = migrate_sql::tokens(script.text(statement)).filter(Token::is_significant);
        let is_pragma = words.next().is_some_and(|word| word.is_word("PRAGMA"));
        let mut names = words.take(3).filter(|word| word.text != "." && !word.is_word("main"));
        !is_pragma || names.next().is_some_and(|name| HARMLESS.iter().any(|known| name.is_word(known)))
    })
}

/// What these say or set is in the database.
const HARMLESS: [&str; 9] = [
    "application_id",
    "foreign_key_check",
    "foreign_key_list",
    "index_info",
    "index_list",
    "integrity_check",
    "quick_check",
    "table_info",
    "user_version",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pragma_may_change_the_connection() {
        let check = |sql: &str, expected: bool| {
            let script = migrate_source::Script {
                shown: "x".to_owned(),
                text: sql.to_owned(),
                statements: migrate_sql::statements(sql).into_iter().map(|span| span.start..span.end).collect(),
            };
            assert_eq!(is_plain(&script.finished()), expected, "{sql}");
        };
        check("CREATE TABLE pragma(x); SELECT 1", true);
        check("CREATE TABLE t(x); pragma Foreign_Key_Check", true);
        check("PRAGMA main.user_version = 7", true);
        check("/* x */ PRAGMA recursive_triggers = ON", false);
        check("PRAGMA \"page_size\" = 512", false);
        check("PRAGMA main . auto_vacuum = 1", false);
    }

    #[test]
    fn what_is_read_is_what_was_written() {
        let config = Config::default();
        let mut scratch = Scratch::open(&config, Duration::from_secs(1)).unwrap();
        scratch
            .conn()
            .execute_batch("CREATE TABLE t(x); INSERT INTO t VALUES (7), (8); PRAGMA user_version = 3")
            .unwrap();
        let mut bytes = Vec::new();
        scratch.write(&mut bytes).unwrap();
        let again = Scratch::read(&config, Duration::from_secs(1), &mut bytes.as_slice()).unwrap();
        assert_eq!(again.total_changes(), 2);
        let sum: i64 = again.conn().query_row("SELECT sum(x) FROM t", [], |row| row.get(0)).unwrap();
        let mode: String = again.conn().query_row("PRAGMA journal_mode = delete", [], |row| row.get(0)).unwrap();
        assert_eq!((sum, mode.as_str()), (15, "memory"), "a database in memory like any other");
        again.conn().execute_batch("INSERT INTO t VALUES (1)").unwrap();
        assert!(Scratch::read(&config, Duration::from_secs(1), &mut &bytes[..bytes.len() - 1]).is_none());
    }
}
