//! What changes the history alone, as in a file: `adopt_at`, `accept_edit`, `forget`.

use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::thread::scope;

use migrate::rusqlite::Connection;
use migrate::{AnyVersion, DriftPolicy, Error as Refusal, Migrations, Migrator, Outcome, Target};
use migrate_remote::{Answer, Engine, Error, Failure, Recency, Refused, Remote, Rows, Sqld, Transaction, Value};

use crate::kit::{NOTES, copied, dump, history, list};
use crate::line::{Cut, Line};
use crate::node::Node;
use crate::server::{Server, started};

/// One of the three, on a server and in a file.
#[derive(Clone, Copy, Debug)]
enum Change {
    AdoptAt(Target<AnyVersion>),
    AcceptEdit(usize),
    Forget(&'static str),
}

impl Change {
    fn there<E: Engine>(self, remote: &Remote<E>, migrator: &Migrator<'_, AnyVersion>) -> Result<(), Error> {
        match self {
            Change::AdoptAt(target) => remote.adopt_at(migrator, target).map(|_| ()),
            Change::AcceptEdit(index) => remote.accept_edit(migrator, AnyVersion(index)),
            Change::Forget(name) => remote.forget(migrator, name),
        }
    }

    fn here(self, conn: &mut Connection, migrator: &Migrator<'_, AnyVersion>) -> Result<(), Refusal> {
        match self {
            Change::AdoptAt(target) => migrator.adopt_at(conn, target).map(|_| ()),
            Change::AcceptEdit(index) => migrator.accept_edit(conn, AnyVersion(index)),
            Change::Forget(name) => migrator.forget(conn, name),
        }
    }
}

/// What somebody did before, and what is to be done about it.
struct Case {
    ran: usize,
    by_hand: Vec<String>,
    edit: Change,
    migrations: Migrations<AnyVersion>,
}

fn by_hand(count: usize) -> Vec<String> {
    list(&NOTES[..count])
        .migrations
        .set()
        .migrations
        .iter()
        .flat_map(|migration| migration.up.statements.iter().map(|statement| migration.up.text(statement).to_owned()))
        .collect()
}

const THREE_COLUMNS: &str = "CREATE TABLE schema_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, \
                             migration_name TEXT UNIQUE NOT NULL, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP)";

fn cases() -> Vec<Case> {
    let all = || list(&NOTES).migrations;
    let mut edited = NOTES;
    edited[1].1 = "ALTER TABLE notes ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;";
    let mut cases = Vec::new();
    for target in [Target::Latest, Target::At(AnyVersion(1))] {
        let count = if target == Target::Latest { NOTES.len() } else { 2 };
        cases.push(Case { ran: 0, by_hand: by_hand(count), edit: Change::AdoptAt(target), migrations: all() });
        // The ancestor's history, which says less than there is.
        let mut older = by_hand(count);
        older.push(THREE_COLUMNS.to_owned());
        older.push("INSERT INTO schema_migrations (migration_name) VALUES ('001_create_notes.sql')".to_owned());
        cases.push(Case { ran: 0, by_hand: older, edit: Change::AdoptAt(target), migrations: all() });
    }
    let migrations = list(&edited).migrations;
    cases.push(Case { ran: 3, by_hand: Vec::new(), edit: Change::AcceptEdit(1), migrations });
    let unknown = "INSERT INTO schema_migrations (migration_name, checksum, chain, origin) VALUES ('004_drafts.sql', 'x', 'y', 'applied')";
    let edit = Change::Forget("004_drafts.sql");
    cases.push(Case { ran: 3, by_hand: vec![unknown.to_owned()], edit, migrations: all() });
    cases
}

impl Case {
    fn before_there(&self, server: &Server) {
        if self.ran > 0 {
            server.remote().run(&list(&NOTES[..self.ran]).migrations).unwrap();
        }
        self.by_hand.iter().for_each(|sql| drop(server.sql(&[sql])));
    }

    fn before_here(&self, directory: &Path) -> (PathBuf, Connection) {
        let path = directory.join("app.db");
        let mut conn = Connection::open(&path).unwrap();
        if self.ran > 0 {
            list(&NOTES[..self.ran]).migrations.run(&mut conn).unwrap();
        }
        self.by_hand.iter().for_each(|sql| conn.execute_batch(sql).unwrap());
        (path, conn)
    }

    /// What it is to be.
    fn expected(&self) -> String {
        let directory = tempfile::tempdir().unwrap();
        let (path, mut conn) = self.before_here(directory.path());
        self.edit.here(&mut conn, &self.migrations.migrator()).unwrap();
        drop(conn);
        dump(&path)
    }
}

#[test]
fn as_in_a_file() {
    let mut server = started!();
    for case in cases() {
        case.before_there(&server);
        case.edit.there(&server.remote(), &case.migrations.migrator()).unwrap();
        let copy = copied(&mut server);
        assert_eq!(dump(&copy), case.expected(), "{:?}", case.edit);
        // And then it goes on.
        let report = server.remote().run(&case.migrations).unwrap();
        assert!(matches!(report.outcome(), Outcome::Applied | Outcome::Current), "{:?}: {report}", case.edit);
        assert_eq!(server.remote().run(&case.migrations).unwrap().outcome(), Outcome::Current, "{:?}", case.edit);
        server.empty();
    }
}

#[test]
fn every_request_is_cut_once() {
    let mut server = started!();
    for case in cases() {
        let expected = case.expected();
        let mut requests = None;
        for (number, cut) in
            (0..).flat_map(|number| [Cut::No, Cut::Request, Cut::Answer, Cut::Half].map(|cut| (number, cut)))
        {
            if requests.is_some_and(|requests| number == requests) {
                break;
            }
            if cut == Cut::No && number > 0 {
                continue;
            }
            case.before_there(&server);
            let line = Line::to(&server, move |request| if request == number { cut } else { Cut::No });
            case.edit.there(&line.remote(), &case.migrations.migrator()).unwrap();
            requests.get_or_insert_with(|| line.requests.load(Ordering::SeqCst));
            assert_eq!(dump(&copied(&mut server)), expected, "{:?}, request {number}, {cut:?}", case.edit);
            server.empty();
        }
        assert_eq!(requests, Some(2), "{:?}", case.edit);
    }
}

#[test]
fn a_line_that_stays_dead() {
    let server = started!();
    let case = cases().swap_remove(0);
    case.before_there(&server);
    let line = Line::to(&server, |number| if number == 0 { Cut::No } else { Cut::Answer });
    let remote = line.remote().retry_for(std::time::Duration::from_millis(300));
    let error = case.edit.there(&remote, &case.migrations.migrator()).unwrap_err();
    assert!(matches!(error, Error::InDoubt { .. }), "{error}");
    let text = error.to_string();
    assert!(text.starts_with("whether the new history was committed is not known: "), "{text}");
    assert!(text.contains("state: either nothing was changed; or at `005_overview.sql`\n"), "{text}");
    assert_eq!(server.sql(&["SELECT count(*) FROM schema_migrations"]), ["5"]);
}

/// More rows than one INSERT writes, and than a compound SELECT could have terms.
#[test]
fn a_long_history() {
    let server = started!();
    let files: Vec<(String, String)> = (1..=600)
        .map(|n| (format!("{n:03}_t{n}.sql"), format!("CREATE TABLE t{n} (id INTEGER PRIMARY KEY);")))
        .collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(name, sql)| (name.as_str(), sql.as_str())).collect();
    let all = list(&files).migrations;
    let made: Vec<&str> = files.iter().map(|(_, sql)| *sql).collect();
    server.sql(&made);
    let report = server.remote().adopt_at(&all.migrator(), Target::Latest).unwrap();
    assert!(report.to_string().contains("600 migrations marked as applied"), "{report}");
    assert_eq!(server.remote().run(&all).unwrap().outcome(), Outcome::Current);
    server.sql(&["INSERT INTO schema_migrations (migration_name) VALUES ('601_gone.sql')"]);
    server.remote().forget(&all.migrator(), "601_gone.sql").unwrap();
    assert_eq!(server.sql(&["SELECT count(*), max(migration_name) FROM schema_migrations"]), ["600|600_t600.sql"]);
}

#[test]
fn eight_at_once() {
    let mut server = started!();
    for case in cases().into_iter().take(4) {
        case.before_there(&server);
        scope(|scope| {
            let one = || case.edit.there(&server.remote(), &case.migrations.migrator()).unwrap();
            let running: Vec<_> = (0..8).map(|_| scope.spawn(one)).collect();
            running.into_iter().for_each(|one| one.join().unwrap());
        });
        assert_eq!(dump(&copied(&mut server)), case.expected(), "{:?}", case.edit);
        server.empty();
    }
}

/// Between the look and the request another program does something: then it is looked again.
#[test]
fn somebody_comes_in_between() {
    let server = started!();
    let notes = list(&NOTES).migrations;
    for others in [
        "CREATE TABLE drafts (id INTEGER PRIMARY KEY)",
        "UPDATE schema_migrations SET checksum = 'another' WHERE id = 2",
        "INSERT INTO schema_migrations (migration_name) VALUES ('004_search.sql')",
        "DELETE FROM schema_migrations WHERE id = 3",
    ] {
        server.remote().run(&list(&NOTES[..3]).migrations).unwrap();
        let mut looks = 0;
        let done = server.remote().edit_history(&notes.migrator(), |copy| -> Result<_, Error> {
            looks += 1;
            if looks == 1 {
                server.sql(&[others]);
                copy.execute_batch("UPDATE schema_migrations SET origin = 'adopted' WHERE id = 1").unwrap();
            }
            Ok(looks)
        });
        assert_eq!(done.unwrap(), 2, "{others}");
        assert_eq!(server.sql(&["SELECT origin FROM schema_migrations WHERE id = 1"]), ["fresh"], "{others}");
        server.sql(&[
            "DROP TABLE IF EXISTS drafts",
            "DROP TABLE schema_migrations",
            "DROP TABLE tags",
            "DROP TABLE notes",
        ]);
    }
}

#[test]
fn what_does_not_agree_is_refused() {
    let server = started!();
    let notes = list(&NOTES).migrations;
    by_hand(2).iter().for_each(|sql| drop(server.sql(&[sql])));
    let error = server.remote().adopt_at(&notes.migrator(), Target::Latest).unwrap_err();
    assert!(matches!(error, Error::Refusal(Refusal::Drift { .. })), "{error}");
    let error = server.remote().forget(&notes.migrator(), "009_none.sql").unwrap_err();
    assert!(error.to_string().contains("`009_none.sql` is not in the history"), "{error}");
    assert_eq!(server.sql(&["SELECT count(*) FROM sqlite_master WHERE name = 'schema_migrations'"]), ["0"]);

    server.remote().adopt_at(&notes.migrator(), AnyVersion(1)).unwrap();
    let error = server.remote().accept_edit(&notes.migrator(), AnyVersion(1)).unwrap_err();
    assert!(error.to_string().contains("is recorded as the list has it"), "{error}");
    assert_eq!(history(&server), "001_create_notes.sql adopted, 002_pin.sql adopted");

    // A row that does not arrive takes the others with it.
    server.sql(&[
        "CREATE TRIGGER keep BEFORE DELETE ON schema_migrations BEGIN SELECT RAISE(IGNORE); END",
        "INSERT INTO schema_migrations (migration_name) VALUES ('003_x.sql')",
    ]);
    let edited = server.remote().edit_history(&notes.migrator(), |copy| -> Result<(), Error> {
        copy.execute_batch("DROP TRIGGER keep; DELETE FROM schema_migrations WHERE id = 3").unwrap();
        copy.execute_batch("UPDATE schema_migrations SET origin = 'applied' WHERE id = 1").unwrap();
        Ok(())
    });
    let text = edited.unwrap_err().to_string();
    assert!(text.contains("the rows written are not there") && text.contains("nothing was changed"), "{text}");
    assert_eq!(server.sql(&["SELECT origin FROM schema_migrations ORDER BY id LIMIT 1"]), ["adopted"]);
}

#[test]
fn another_order_is_refused() {
    let server = started!();
    let notes = list(&NOTES[..3]).migrations;
    server.remote().run(&notes).unwrap();
    let before = history(&server);
    let error = server.remote().edit_history(&notes.migrator(), |copy| -> Result<(), Error> {
        copy.execute_batch("UPDATE schema_migrations SET migration_name = '002_other.sql' WHERE id = 2").unwrap();
        Ok(())
    });
    let text = error.unwrap_err().to_string();
    assert!(text.contains("another order of the history cannot be done on a server"), "{text}");
    assert_eq!(history(&server), before);
}

/// What is only said of a row says nothing of the schema.
#[test]
fn drift_is_not_hidden() {
    let server = started!();
    let notes = list(&NOTES[..3]).migrations;
    server.remote().run(&notes).unwrap();
    server.sql(&["ALTER TABLE notes ADD COLUMN by_hand TEXT"]);
    let strict = notes.migrator().drift(DriftPolicy::Error);
    let error = server.remote().run_with(&strict).unwrap_err();
    assert!(matches!(error, Error::Refusal(Refusal::Drift { .. })), "{error}");
    let done = server.remote().edit_history(&strict, |copy| -> Result<(), Error> {
        copy.execute_batch("UPDATE schema_migrations SET origin = 'adopted' WHERE id = 1").unwrap();
        Ok(())
    });
    done.unwrap();
    assert!(history(&server).starts_with("001_create_notes.sql adopted"));
    let error = server.remote().run_with(&strict).unwrap_err();
    assert!(matches!(error, Error::Refusal(Refusal::Drift { .. })), "{error}");
}

#[test]
fn a_history_of_others_is_refused_as_on_a_file() {
    let server = started!();
    let notes = list(&NOTES[..3]).migrations;
    server.sql(&["CREATE TABLE schema_migrations (version TEXT, checksum TEXT, applied_at TEXT)"]);
    let error = server.remote().adopt_at(&notes.migrator(), Target::Latest).unwrap_err();
    assert!(matches!(error, Error::Refusal(Refusal::ForeignHistory { .. })), "{error}");
}

/// A server whose first request arrives right before the second one, long after it was given up.
struct Late<E> {
    server: E,
    kept: RefCell<Option<Vec<String>>>,
    requests: Cell<usize>,
}

impl<E: Engine> Engine for Late<E> {
    fn name(&self) -> &'static str {
        self.server.name()
    }

    fn address(&self) -> String {
        self.server.address()
    }

    fn read(&self, queries: &[&str], recency: Recency) -> Result<Vec<Answer>, Failure> {
        self.server.read(queries, recency)
    }

    fn refused(&self, statements: &[&str]) -> Result<Vec<Refused>, Failure> {
        self.server.refused(statements)
    }

    fn transact(&self, transaction: &Transaction<'_>) -> Result<Rows, Failure> {
        self.requests.set(self.requests.get() + 1);
        if self.requests.get() == 1 {
            let statements = transaction.statements.iter().map(|sql| (*sql).to_owned()).collect();
            self.kept.replace(Some(statements));
            return Err(Failure::Lost("the line is slow".to_owned()));
        }
        if let Some(kept) = self.kept.take() {
            let statements = kept.iter().map(String::as_str).collect();
            self.server.transact(&Transaction { statements, foreign_keys: false, commit: true }).unwrap();
        }
        self.server.transact(transaction)
    }
}

#[test]
fn a_request_that_arrives_late() {
    let mut server = started!();
    for case in cases() {
        case.before_there(&server);
        let engine = Sqld::new(&server.address()).unwrap();
        let late = Late { server: engine, kept: RefCell::default(), requests: Cell::default() };
        let remote = Remote::with_engine(late);
        case.edit.there(&remote, &case.migrations.migrator()).unwrap();
        assert_eq!(remote.engine().requests.get(), 2);
        assert_eq!(dump(&copied(&mut server)), case.expected(), "{:?}", case.edit);
        server.empty();
    }
}

#[test]
fn on_a_node_of_rqlite() {
    let Some(node) = Node::alone(&[]) else { return };
    let content = || -> Vec<Vec<Value>> {
        let sql =
            "SELECT id, migration_name, checksum, chain, origin, schema_version FROM schema_migrations ORDER BY id";
        node.engine().read(&[sql], Recency::Newest).unwrap().remove(0).unwrap().rows
    };
    for case in cases() {
        node.empty();
        if case.ran > 0 {
            node.remote().run(&list(&NOTES[..case.ran]).migrations).unwrap();
        }
        case.by_hand.iter().for_each(|sql| node.sql(&[sql]));
        case.edit.there(&node.remote(), &case.migrations.migrator()).unwrap();
        let directory = tempfile::tempdir().unwrap();
        let (_, mut conn) = case.before_here(directory.path());
        case.edit.here(&mut conn, &case.migrations.migrator()).unwrap();
        let mut statement = conn
            .prepare("SELECT id, migration_name, checksum, chain, origin, NULL FROM schema_migrations ORDER BY id")
            .unwrap();
        let row = |row: &migrate::rusqlite::Row<'_>| (0..6).map(|at| row.get(at)).collect();
        let expected: Vec<Vec<Value>> = statement.query_map([], row).unwrap().collect::<Result<_, _>>().unwrap();
        assert_eq!(content(), expected, "{:?}", case.edit);
        node.remote().run(&case.migrations).unwrap();
    }
}
