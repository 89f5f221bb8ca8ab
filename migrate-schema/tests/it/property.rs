//! What is written leads where it should, loses nothing, and the proof has nothing to say of it.

use std::cell::Cell;
use std::path::Path;

use migrate_check::{Declared, check, load};
use migrate_core::rusqlite::Connection;
use migrate_schema::{DiffError, Question, diff, dump, rebuild};
use migrate_source::{Finding, Listing, Severity, parse};
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

use crate::edit::Fills;
use crate::model::{Column, Db, Id, Table};
use crate::rows::{Expected, mark, put};
use crate::tape::Tape;

/// What may be said of a migration because of the edit, however it is written.
fn by_nature(before: &Db, after: &Db, fills: &Fills) -> Vec<&'static str> {
    let mut ids = Vec::new();
    // It asks for stricter rows, and rows can be in the way.
    ids.extend(before.tightens(after, fills).then_some("may-fail-on-data"));
    // Values are converted where a type is another one.
    let converts = |table: &Table| {
        let Some(now) = after.table(table.id) else { return false };
        table.columns.iter().any(|column| now.column(column.id).is_some_and(|now| now.kind != column.kind))
    };
    ids.extend(before.tables.iter().any(converts).then_some("type-changed"));
    // Rows that the schema adds, changes and removes fire the triggers that are there.
    let seeded =
        |id: Id| before.seeds_differ(after, id, fills) && before.triggers.iter().any(|trigger| trigger.on == id);
    if before.tables.iter().any(|table| seeded(table.id)) {
        ids.extend(["row-loss", "value-loss"]);
    }
    // The proof knows a row by its key or by a value, and here every one of them goes or is converted.
    let changes_all = |table: &Table| {
        let Some(now) = after.table(table.id) else { return false };
        let is_kept = |column: &Column| now.column(column.id).is_some_and(|now| now.kind == column.kind);
        table.rowid().is_some_and(|key| now.column(key).is_none()) && !table.plain().all(is_kept)
    };
    ids.extend(before.tables.iter().any(changes_all).then_some("row-loss"));
    ids
}

/// What SQLite says of rows that do not fit.
const DO_NOT_FIT: [&str; 3] = ["constraint failed", "cannot store", "datatype mismatch"];

fn all_said(files: &[(&str, &str)]) -> Vec<Finding> {
    let (source, mut findings) = parse(&Listing::from_files(files.iter().copied()));
    findings.extend(check(&source, &Declared::default()).findings);
    findings.retain(|finding| finding.severity >= Severity::Warning);
    findings
}

/// What is said, but for marks of 0.
fn said(files: &[(&str, &str)]) -> Vec<Finding> {
    all_said(files).into_iter().filter(|finding| !is_about_no_mark(finding)).collect()
}

/// A mark of 0 is none. SQLite writes one where a copy of no rows fills a table with `AUTOINCREMENT`.
fn is_about_no_mark(finding: &Finding) -> bool {
    let lines = || finding.notes.iter().flat_map(|note| note.lines());
    finding.id == "schema-rows-differ"
        && finding.message.contains("`sqlite_sequence`")
        && lines().all(|line| line.ends_with(", 0)"))
}

/// Nothing, where SQLite or the proof does not want the schema itself.
fn is_usable(schema: &str) -> bool {
    let runs = Connection::open_in_memory().and_then(|conn| conn.execute_batch(schema)).is_ok();
    runs && said(&[("001_a.sql", schema), ("schema.sql", schema)]).is_empty()
}

/// A database with rows: at the first migration, and on the way to the second.
struct Upgrade {
    dir: tempfile::TempDir,
    conn: Connection,
}

impl Upgrade {
    fn from(schema: &str, db: &Db, tape: &mut Tape) -> Upgrade {
        let dir = tempfile::tempdir().expect("a directory");
        std::fs::write(dir.path().join("001_a.sql"), schema).expect("a file");
        let mut conn = Connection::open(dir.path().join("app.db")).expect("a database");
        conn.execute_batch("PRAGMA synchronous = OFF; PRAGMA foreign_keys = ON").expect("pragmas");
        run(dir.path(), &mut conn).expect("the first runs");
        put(&conn, db, tape);
        Upgrade { dir, conn }
    }

    /// Whether it ran; what is wrong afterwards is an error.
    fn to(mut self, second: &str, before: &Db, after: &Db, fills: &Fills) -> Result<Result<(), String>, String> {
        let pairs: Vec<(&Table, &Table)> =
            before.tables.iter().filter_map(|table| Some((table, after.table(table.id)?))).collect();
        let expected: Vec<Expected> =
            pairs.iter().map(|(was, now)| Expected::of(&self.conn, was, now, fills)).collect();
        let marks: Vec<Option<i64>> = pairs.iter().map(|(was, _)| mark(&self.conn, was)).collect();
        let untouched: Vec<Expected> =
            before.tables.iter().map(|table| Expected::of(&self.conn, table, table, &Fills::new())).collect();
        // A trigger can leave one, behind the back of the keys.
        let violated = violation(&self.conn);
        std::fs::write(self.dir.path().join("002_b.sql"), second).expect("a file");
        if let Err(error) = run(self.dir.path(), &mut self.conn) {
            let changed =
                before.tables.iter().zip(&untouched).find_map(|(table, rows)| rows.differs(&self.conn, table));
            return changed.map_or(Ok(Err(error)), Err);
        }
        for (((was, now), rows), seq) in pairs.iter().zip(&expected).zip(&marks) {
            if before.seeds_differ(after, was.id, fills) {
                continue;
            }
            if let Some(what) = rows.differs(&self.conn, now) {
                return Err(what);
            }
            let seq_now = mark(&self.conn, now);
            if was.is_auto() && now.is_auto() && seq_now.unwrap_or(0) != seq.unwrap_or(0) {
                return Err(format!("the mark of {} was {seq:?} and is {seq_now:?}", now.name));
            }
        }
        let text = |sql: &str| self.conn.query_row(sql, [], |row| row.get::<_, String>(0));
        let integrity = text("PRAGMA integrity_check").expect("an answer");
        let violation = violation(&self.conn).filter(|_| violated.is_none());
        if integrity == "ok" && violation.is_none() { Ok(Ok(())) } else { Err(format!("{integrity}, {violation:?}")) }
    }
}

/// A table that refers to a row that is not there.
fn violation(conn: &Connection) -> Option<String> {
    conn.query_row("SELECT \"table\" FROM pragma_foreign_key_check", [], |row| row.get(0)).ok()
}

fn run(dir: &Path, conn: &mut Connection) -> Result<(), String> {
    let loaded = load(dir).map_err(|error| error.to_string())?;
    loaded.migrations.run(conn).map(drop).map_err(|error| error.to_string())
}

#[derive(Default)]
struct Counts {
    usable: Cell<usize>,
    ran: Cell<usize>,
    refused: Cell<usize>,
    warned: Cell<usize>,
}

fn count(cell: &Cell<usize>) {
    cell.set(cell.get() + 1);
}

/// Whether something takes the name of something else that goes.
fn is_occupied(before: &Db, after: &Db) -> bool {
    let takes = |was: &str, now: &str| !was.eq_ignore_ascii_case(now);
    let tables = after.tables.iter().any(|table| {
        before.table(table.id).is_some_and(|was| takes(&was.name, &table.name))
            && before.tables.iter().any(|other| !takes(&other.name, &table.name) && after.table(other.id).is_none())
    });
    let columns = after.tables.iter().filter_map(|now| Some((before.table(now.id)?, now))).any(|(was, now)| {
        now.columns.iter().any(|column| {
            was.column(column.id).is_some_and(|old| takes(&old.name, &column.name))
                && was.columns.iter().any(|other| !takes(&other.name, &column.name) && now.column(other.id).is_none())
        })
    });
    tables || columns
}

/// The column that a question is about, if it is whether its values may become those of its new type.
fn converted(question: &Question) -> Option<String> {
    match question {
        Question::Conversion { table, column, .. } => Some(format!("{table}.{column}")),
        _ => None,
    }
}

fn holds(numbers: Vec<u32>, counts: &Counts) -> Result<(), TestCaseError> {
    let mut tape = Tape::new(numbers);
    let before = Db::random(&mut tape);
    let (after, fills) = before.edited(&mut tape);
    let (a, b) = (before.text(), after.text());
    if !is_usable(&a) || !is_usable(&b) {
        return Ok(());
    }
    count(&counts.usable);
    let mut options = before.options(&after, &fills);
    let listing = Listing::from_files([("001_a.sql", a.as_str())]);
    if let Err(DiffError::Undecided(questions)) = diff(&listing, "002_b.sql", &b, &options) {
        options.converts.extend(questions.iter().filter_map(converted));
    }
    let told = || format!("--- from\n{a}\n--- to\n{b}\n--- with\n{options:?}\n");
    let written = match diff(&listing, "002_b.sql", &b, &options) {
        Ok(written) => written.sql,
        // Two things that are for the author to do in another way, and to be said as such.
        Err(DiffError::Unknown(what)) if is_occupied(&before, &after) && what.contains("already") => return Ok(()),
        Err(DiffError::Unable(_)) if before.renames_rowid(&after) => return Ok(()),
        // SQLite does not rename `id` in `t(id INTEGER PRIMARY KEY, a, UNIQUE (a, id)) WITHOUT ROWID`.
        Err(DiffError::Unable(what)) if what.starts_with("error in table") && what.contains("after rename: ") => {
            return Ok(());
        }
        // Rows of the migrations' own that do not fit any longer.
        Err(DiffError::Unable(what))
            if before.tightens(&after, &fills) && DO_NOT_FIT.iter().any(|said| what.contains(said)) =>
        {
            return Ok(());
        }
        Err(error) => return Err(TestCaseError::fail(format!("{error}\n{}", told()))),
    };
    let told = || format!("{}--- by\n{written}", told());
    if written.is_empty() {
        let differs = said(&[("001_a.sql", &a), ("schema.sql", &b)]);
        prop_assert!(differs.is_empty(), "nothing written: {differs:#?}\n{}", told());
        return Ok(());
    }
    let findings = said(&[("001_a.sql", &a), ("002_b.sql", &written), ("schema.sql", &b)]);
    let (tightens, allowed) = (before.tightens(&after, &fills), by_nature(&before, &after, &fills));
    let odd = findings.iter().find(|finding| !allowed.contains(&finding.id));
    prop_assert!(odd.is_none(), "[{}] {}\n{:#?}\n{}", odd.expect("one").id, odd.expect("one").message, odd, told());
    if !findings.is_empty() {
        count(&counts.warned);
    }

    // An error keeps it from running.
    if findings.iter().any(|finding| finding.severity == Severity::Error) {
        return Ok(());
    }
    match Upgrade::from(&a, &before, &mut tape).to(&written, &before, &after, &fills) {
        Ok(Ok(())) => count(&counts.ran),
        Ok(Err(_)) if tightens => count(&counts.refused),
        Ok(Err(error)) => return Err(TestCaseError::fail(format!("it fails: {error}\n{}", told()))),
        Err(lost) => return Err(TestCaseError::fail(format!("it loses: {lost}\n{}", told()))),
    }
    rebuilds(&a, &before, &mut tape)?;
    dumps(&a, &b, &written, &before, &after, &allowed)
}

/// A rebuild of any table changes nothing.
fn rebuilds(schema: &str, db: &Db, tape: &mut Tape) -> Result<(), TestCaseError> {
    let table = &tape.pick(&db.tables);
    let (source, _) = parse(&Listing::from_files([("001_a.sql", schema)]));
    let told = |sql: &str| format!("--- of {}\n{schema}\n--- by\n{sql}", table.name);
    let sql = match rebuild(&source, &table.name) {
        Ok(sql) => sql,
        Err(error) => return Err(TestCaseError::fail(format!("{error}\n{}", told("")))),
    };
    let findings = said(&[("001_a.sql", schema), ("002_b.sql", &sql), ("schema.sql", schema)]);
    prop_assert!(findings.is_empty(), "{findings:#?}\n{}", told(&sql));
    match Upgrade::from(schema, db, tape).to(&sql, db, db, &Fills::new()) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(TestCaseError::fail(format!("it fails: {error}\n{}", told(&sql)))),
        Err(lost) => Err(TestCaseError::fail(format!("it loses: {lost}\n{}", told(&sql)))),
    }
}

/// What is dumped says what the migrations make, stays as it is, and keeps what was right.
fn dumps(a: &str, b: &str, second: &str, before: &Db, after: &Db, allowed: &[&str]) -> Result<(), TestCaseError> {
    let files = [("001_a.sql", a), ("002_b.sql", second)];
    let dumped = |schema: Option<&str>| {
        let all = files.into_iter().chain(schema.map(|schema| ("schema.sql", schema)));
        dump(&parse(&Listing::from_files(all)).0).expect("it runs")
    };
    let told = |text: &str| format!("--- dump\n{text}\n--- from\n{a}\n{second}");
    let new = dumped(None);
    let about = said(&[files[0], files[1], ("schema.sql", &new.text)]);
    let wrong = about.iter().find(|finding| !allowed.contains(&finding.id));
    prop_assert!(wrong.is_none(), "{wrong:#?}\n{}", told(&new.text));
    if all_said(&[files[0], files[1], ("schema.sql", b)]).iter().any(is_about_no_mark) {
        return Ok(());
    }
    let again = dumped(Some(&new.text));
    prop_assert!(again.is_current && again.text == new.text, "not stable\n{}", told(&new.text));
    prop_assert!(dumped(Some(b)).is_current, "{}", told(b));
    let edited = dumped(Some(a)).text;
    let about = said(&[files[0], files[1], ("schema.sql", &edited)]);
    let wrong = about.iter().find(|finding| !allowed.contains(&finding.id));
    prop_assert!(wrong.is_none(), "{wrong:#?}\n{}", told(&edited));
    for table in &before.tables {
        let text = table.text(before);
        if after.table(table.id).is_some_and(|now| now.text(after) == text) {
            prop_assert!(edited.contains(&text), "{text} is not as it was\n{}", told(&edited));
        }
    }
    Ok(())
}

#[test]
fn what_is_written_leads_there_and_loses_nothing() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    // The same cases every time; `PROPERTY_CASES` asks for more of them, `PROPERTY_SEED` for others.
    let (cases, first) = (number("PROPERTY_CASES").unwrap_or(64), number("PROPERTY_SEED").unwrap_or(0));
    let counts = Counts::default();
    for seed in first..first + cases {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let config = ProptestConfig {
            cases: 1,
            failure_persistence: None,
            max_shrink_iters: number("PROPERTY_SHRINK").map_or(500, |count| count as u32),
            ..ProptestConfig::default()
        };
        let result = TestRunner::new_with_rng(config, rng)
            .run(&prop::collection::vec(any::<u32>(), 600), |numbers| holds(numbers, &counts));
        if let Err(error) = result {
            let text = match error {
                proptest::test_runner::TestError::Fail(reason, _) => reason.to_string(),
                other => other.to_string(),
            };
            panic!("PROPERTY_SEED={seed} PROPERTY_CASES=1: {text}");
        }
    }
    let Counts { usable, ran, refused, warned } = counts;
    let (usable, ran, refused, warned) = (usable.get(), ran.get(), refused.get(), warned.get());
    // A generator that makes nothing of use would pass too.
    let told = format!("of {cases}: usable {usable}, ran {ran}, refused {refused}, warned {warned}");
    assert!(cases < 20 || (usable * 2 > cases as usize && ran * 3 > usable), "{told}");
    if std::env::var_os("PROPERTY_TOLD").is_some() {
        panic!("{told}");
    }
}
