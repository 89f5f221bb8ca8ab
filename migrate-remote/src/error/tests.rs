//! Every message, to be read from top to bottom.

use std::time::Duration;

use migrate_core::State;

use super::{Error, FailedStatement};

#[test]
fn messages() {
    let unchanged = || Box::new(State::Unchanged { at: Some("`001_a.sql`".to_owned()) });
    let why = || "http://127.0.0.1:8080: Connection refused".to_owned();
    let waited = Duration::from_millis(1234);
    let failed = |unread: bool, message: &str| FailedStatement {
        what: "migration `002_b.sql`".to_owned(),
        path: "migrations/002_b.sql".to_owned(),
        line: 3,
        column: 1,
        statement: "CREATE UNIQUE INDEX b ON a(x)".to_owned(),
        message: message.to_owned(),
        unread,
        state: *unchanged(),
    };
    let committed =
        State::Committed { at: "`002_b.sql`".to_owned(), migrations: vec!["`002_b.sql`".to_owned()], backup: None };
    let errors = [
        Error::Address { address: "app.db".to_owned(), why: "it has no `://`" },
        Error::Unfit {
            what: vec!["`002_b.sql`".to_owned()],
            why: "its Rust step needs a connection to SQLite",
            help: "write it as SQL",
        },
        Error::SqliteTooOld { found: "3.45.1".to_owned(), needed: "3.46.0".to_owned() },
        Error::Statement(Box::new(failed(false, "UNIQUE constraint failed: a.x"))),
        Error::Statement(Box::new(failed(false, "no such table: a"))),
        Error::Statement(Box::new(failed(true, "unsupported statement: VACUUM"))),
        Error::ForeignKeys {
            violations: vec!["`tags`: 2 row(s) have no row in `notes`".to_owned()],
            state: unchanged(),
        },
        Error::Unreachable { why: why(), waited, state: unchanged() },
        Error::Busy {
            why: "Transaction timed out [TRANSACTION_TIMEOUT]".to_owned(),
            waited,
            state: Box::new(committed),
        },
        Error::Unauthorized { why: "http://127.0.0.1:8080 answered with status 401".to_owned(), state: unchanged() },
        Error::NoServer { why: "http://127.0.0.1:8080 answered with status 404".to_owned(), state: unchanged() },
        Error::NoDatabase {
            why: "http://127.0.0.1:8080: Namespace `127` doesn't exist".to_owned(),
            state: unchanged(),
        },
        Error::Server { doing: "writing the history", why: "disk I/O error".to_owned(), state: unchanged() },
        Error::InDoubt {
            migrations: vec!["`002_b.sql`".to_owned()],
            why: why(),
            after: "`002_b.sql`".to_owned(),
            state: unchanged(),
        },
        Error::Copy { source: migrate_core::rusqlite::Error::QueryReturnedNoRows },
    ];
    let messages: Vec<String> = errors.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(messages.join("\n\n"));
}
