//! Every message, to be read from top to bottom.

use std::error::Error as _;
use std::time::Duration;

use migrate_core::rusqlite;
use migrate_core::{Comparison, Divergence, Error, State};

fn sqlite() -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(5), Some("database is locked".to_owned()))
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| format!("`{name}`")).collect()
}

#[test]
fn every_message_and_its_source() {
    let at = "`001_a.sql`".to_owned();
    let unchanged = || Box::new(State::Unchanged { at: Some("`001_a.sql`".to_owned()) });
    let committed =
        || Box::new(State::Committed { at: "`002_b.sql`".to_owned(), migrations: names(&["002_b.sql"]), backup: None });
    let many: Vec<String> = (1..=12).map(|n| format!("`{n:03}.sql`")).collect();
    let order = |found_is_known, lacks_only| Divergence::Order {
        expected: "002_b.sql".to_owned(),
        found: "002_x.sql".to_owned(),
        row: 2,
        found_is_known,
        lacks_only,
    };
    let errors = [
        Error::NotADatabase { path: "app.db".to_owned(), source: Some(sqlite()) },
        Error::InTransaction,
        Error::ReadOnly { at: at.clone(), pending: many },
        Error::Locked { waited: Duration::from_millis(30_020), state: unchanged(), source: sqlite() },
        Error::Locked { waited: Duration::from_secs(1), state: committed(), source: sqlite() },
        Error::MissingFunction { missing: vec!["function `slug` with 1 argument".to_owned()] },
        Error::SqliteTooOld { found: "3.40.1".to_owned(), needed: "3.45.0".to_owned() },
        Error::Shadowed { names: vec!["table `notes_new`".to_owned()] },
        Error::Attached { names: names(&["archive"]) },
        Error::NoJournal,
        Error::LockFile {
            path: "app.db-migrate".into(),
            state: unchanged(),
            source: std::io::Error::other("permission denied"),
        },
        Error::TransactionLost { state: unchanged() },
        Error::RestRefused { state: committed(), source: Box::new(Error::NoJournal) },
        Error::ForeignKeysStuck { on: false, state: unchanged() },
        Error::HistoryDiverged { divergence: order(true, true) },
        Error::HistoryDiverged { divergence: order(true, false) },
        Error::HistoryDiverged { divergence: order(false, false) },
        Error::HistoryDiverged {
            divergence: Divergence::Edited {
                name: "002_b.sql".to_owned(),
                applied_at: "2026-01-02 03:04:05".to_owned(),
            },
        },
        Error::HistoryDiverged {
            divergence: Divergence::Squashed {
                name: "002_b.sql".to_owned(),
                applied_at: "2026-01-02 03:04:05".to_owned(),
            },
        },
        Error::Squashed { at: "001_a.sql".to_owned(), last: "002_b.sql".to_owned(), release: Some("1.4".to_owned()) },
        Error::Squashed { at: "001_a.sql".to_owned(), last: "002_b.sql".to_owned(), release: None },
        Error::OutOfOrder { migrations: names(&["002_b.sql", "003_c.sql"]), why: "…", help: "…" },
        Error::NoRepair { migration: "002_b.sql".to_owned(), why: "is …", help: "…" },
        Error::PastTarget { at: at.clone(), target: "`000_z.sql`".to_owned(), recognised: false },
        Error::UnknownTarget { index: 4, known: 3 },
        Error::Step { migration: "002_b.sql".to_owned(), state: committed(), source: "no such user".into() },
        Error::Drift { at, difference: Box::new(Comparison::default()), help: "…", state: unchanged() },
        Error::Sqlite { doing: "writing the history", state: unchanged(), source: sqlite() },
    ];
    let told: Vec<String> = errors
        .iter()
        .map(|error| match error.source() {
            Some(source) => format!("{error}\nsource: {source}"),
            None => error.to_string(),
        })
        .collect();
    insta::assert_snapshot!(told.join("\n\n"));
}
