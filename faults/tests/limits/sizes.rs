//! Large lists and large migrations: time that stays in proportion, and memory that stays flat.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::time::{Duration, Instant};

use migrate_core::__private::{
    Change, Cow, Definition, Digest, Kind, Migration, Object, Options, Script, Set, Statement, chain,
};
use migrate_core::{AnyVersion, BackupPolicy, Migrations, Migrator, Outcome};
use migrate_sql::set::fingerprint;
use rusqlite::Connection;

use crate::child::alone;

/// How large the large ones are, in per cent: `LIMITS_SIZE`.
fn size() -> usize {
    std::env::var("LIMITS_SIZE").ok().and_then(|size| size.parse().ok()).unwrap_or(10)
}

fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "limits: {line}");
}

/// A list from texts, each with the object that it makes, if it makes one. The proof would take its time over these.
fn list(texts: impl Iterator<Item = (String, Option<Object>)>) -> Migrations<AnyVersion> {
    let (mut migrations, mut definitions) = (Vec::new(), Vec::new());
    let mut before = Digest::ZERO;
    for (index, (sql, object)) in texts.enumerate() {
        let name = format!("{:05}_m.sql", index + 1);
        let change = object.map(|object| {
            let definition =
                Definition::of(&sql, &migrate_sql::Names::default()).named(object.kind.word(), &object.name);
            Change { object, after: Some(definition) }
        });
        definitions.extend(change.as_ref().and_then(|change| change.after));
        let checksum = migrate_sql::checksum(&sql);
        before = chain(before, &name, checksum);
        migrations.push(Migration {
            up: script(&name, sql),
            name: name.into(),
            down: None,
            checksum,
            chain: before,
            fingerprint: fingerprint(definitions.iter().map(|definition| definition.strict)),
            changes: change.into_iter().collect(),
            transaction: true,
            foreign_keys: false,
            adopt: None,
            step: None,
        });
    }
    let options = Options {
        history_table: "schema_migrations".into(),
        shared: false,
        functions: Cow::Borrowed(&[]),
        collations: Cow::Borrowed(&[]),
        min_sqlite: 0,
    };
    let set = Set {
        migrations: migrations.into(),
        squashed: Default::default(),
        squashed_release: None,
        base: None,
        base_changes: Cow::Borrowed(&[]),
        base_fingerprint: Digest::ZERO,
        base_markers: Cow::Borrowed(&[]),
        schema: None,
        snapshot: None,
        markers: Cow::Borrowed(&[]),
        marker_sql: "SELECT 1".into(),
        options,
        origin: None,
    };
    Migrations::new(set, Cow::Borrowed(&[]))
}

fn script(name: &str, sql: String) -> Script {
    let byte = |offset: usize| u32::try_from(offset).expect("short enough");
    let mut line = 1;
    let mut last = 0;
    let place = |span: &migrate_sql::StatementSpan| {
        line += byte(sql[last..span.start].matches('\n').count());
        last = span.start;
        Statement { start: byte(span.start), end: byte(span.end), line, column: 1 }
    };
    let statements = migrate_sql::statements(&sql).iter().map(place).collect();
    Script { path: format!("migrations/{name}").into(), statements, sql: sql.into() }
}

/// A tenth of them make a table, a tenth an index, and the rest put in a row.
fn many(count: usize) -> Migrations<AnyVersion> {
    list((0..count).map(|index| {
        let table = index - index % 10;
        let object = |kind, name: String| Object { kind, name: name.into(), table: format!("t{table}").into() };
        match index % 10 {
            0 => (format!("CREATE TABLE t{index}(x INTEGER)"), Some(object(Kind::Table, format!("t{index}")))),
            5 => (format!("CREATE INDEX i{index} ON t{table}(x)"), Some(object(Kind::Index, format!("i{index}")))),
            _ => (format!("INSERT INTO t{table} VALUES ({index})"), None),
        }
    }))
}

fn timed<T>(run: impl FnOnce() -> T) -> (T, Duration) {
    let begun = Instant::now();
    (run(), begun.elapsed())
}

/// The quickest of many runs on a database that is current.
fn nothing_to_do(all: &Migrations<AnyVersion>, conn: &mut Connection) -> Duration {
    let run =
        |conn: &mut Connection| timed(|| assert_eq!(all.run(conn).expect("current").outcome(), Outcome::Current)).1;
    (0..300).map(|_| run(conn)).min().unwrap_or_default()
}

#[test]
fn ten_thousand_migrations() {
    let count = 100 * size();
    let dir = tempfile::tempdir().expect("a folder");
    let open = |name: &str| {
        let conn = Connection::open(dir.path().join(name)).expect("open");
        conn.execute_batch("PRAGMA synchronous = OFF").expect("pragma");
        conn
    };
    let all = many(count);
    let mut fresh = open("fresh.db");
    let (report, made) = timed(|| all.run(&mut fresh).expect("fresh"));
    assert_eq!((report.outcome(), report.entries().len()), (Outcome::Fresh, count));
    assert!(report.drift().is_same(), "{report}");

    let mut half = open("half.db");
    Migrator::new(&all).target(AnyVersion(count / 2 - 1)).run(&mut half).expect("the first half");
    let (report, upgraded) = timed(|| all.run(&mut half).expect("the second half"));
    assert_eq!((report.outcome(), report.entries().len()), (Outcome::Applied, count / 2));
    assert!(report.drift().is_same(), "{report}");
    assert_eq!(faults::dump(&half).expect("dump"), faults::dump(&fresh).expect("dump"));
    assert_eq!(faults::integrity(&half).expect("a check"), "ok");

    let small = many(10);
    let mut other = open("small.db");
    small.run(&mut other).expect("fresh");
    let (one, other) = (nothing_to_do(&all, &mut fresh), nothing_to_do(&small, &mut other));
    say(&format!(
        "{count} migrations: fresh {made:.1?}, from the middle {upgraded:.1?}, nothing to do {one:.1?} (of 10: {other:.1?})"
    ));
    assert!(one < other * 3, "{one:?} and {other:?}");
    // In proportion: half a millisecond each in a debug build is more than it takes.
    assert!(
        made + upgraded
            < Duration::from_micros(500) * u32::try_from(2 * count).unwrap_or(u32::MAX) + Duration::from_secs(5)
    );
}

/// The largest amount of memory that this process has had, in MB.
fn peak() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap_or_default() / 1024.0
}

/// Runs one migration, and says how much the peak grew over that of the list.
fn growth(sql: String) -> f64 {
    let megabytes = sql.len() as f64 / 1048576.0;
    let create = "CREATE TABLE t(id INTEGER PRIMARY KEY, x TEXT)".to_owned();
    let object = Object { kind: Kind::Table, name: "t".into(), table: "t".into() };
    let all = list([(create, Some(object)), (sql, None)].into_iter());
    let dir = tempfile::tempdir().expect("a folder");
    let mut conn = Connection::open(dir.path().join("app.db")).expect("open");
    conn.execute_batch("PRAGMA synchronous = OFF").expect("pragma");
    Migrator::new(&all).target(AnyVersion(0)).run(&mut conn).expect("the table");
    let before = peak();
    let (report, took) =
        timed(|| Migrator::new(&all).backup(BackupPolicy::Always).run(&mut conn).expect("the large one"));
    let grown = peak() - before;
    say(&format!(
        "{megabytes:.1} MB in {} statements: {took:.1?}, peak {before:.1} MB with the list, {grown:.1} MB more in the run",
        all.iter().map(|migration| migrate_sql::statements(migration.sql).len()).sum::<usize>() - 1
    ));
    assert_eq!(report.entries().len(), 1);
    grown
}

#[test]
fn a_migration_of_a_hundred_megabytes() {
    alone("sizes::a_migration_of_a_hundred_megabytes", || {
        let mut sql = String::with_capacity(size() * 1_100_000);
        for id in 0..size() * 1000 {
            let _ = writeln!(sql, "INSERT INTO t(x) VALUES ('{id:01000}');");
        }
        let grown = growth(sql);
        if cfg!(target_os = "linux") {
            assert!(grown < 8.0, "{grown}");
        }
    });
}

#[test]
fn a_statement_of_twenty_megabytes() {
    alone("sizes::a_statement_of_twenty_megabytes", || {
        let megabytes = size().div_ceil(5);
        let mut sql = "INSERT INTO t(x) VALUES".to_owned();
        for id in 0..megabytes * 1000 {
            let _ = write!(sql, "{} ('{id:01000}')", if id == 0 { "" } else { "," });
        }
        let grown = growth(sql);
        // SQLite reads a copy of the statement, keeps one, and takes the values apart.
        if cfg!(target_os = "linux") {
            assert!(grown < 8.0 + 6.0 * megabytes as f64, "{grown}");
        }
    });
}
