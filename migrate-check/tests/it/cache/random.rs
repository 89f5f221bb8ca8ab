//! Directories that change at random, step by step, as an author changes them.

use std::fmt::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use migrate_check::Declared;
use migrate_source::{Listing, parse};

use super::same;

/// Numbers that look random, and are the same every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % sides
    }
}

/// One migration: its files' texts.
#[derive(Clone)]
struct Step {
    up: String,
    down: Option<String>,
    witness: Option<String>,
}

/// Something that an author may write, right or wrong. Tables are `t0` to `t4`, so that migrations meet.
fn step(dice: &mut Dice) -> Step {
    let (t, u) = (dice.roll(5), dice.roll(5));
    let n = dice.roll(1000);
    let columns = ["id INTEGER PRIMARY KEY", "id INTEGER PRIMARY KEY AUTOINCREMENT", "id TEXT PRIMARY KEY NOT NULL"];
    let id = columns[dice.roll(columns.len())];
    let mut up = String::new();
    let mut say = |text: String| writeln!(up, "{text}").unwrap();
    match dice.roll(40) {
        0 => say(format!("DROP TABLE t{t};")),
        1..6 => say(format!("CREATE TABLE m{n}({id}, a TEXT DEFAULT CURRENT_TIMESTAMP NOT NULL, u REFERENCES t{u});")),
        6 => say(format!("ALTER TABLE t{t} ADD COLUMN c{n} TEXT;")),
        7 => say(format!("ALTER TABLE t{t} ADD COLUMN d{n} TEXT NOT NULL;")),
        8 => say(format!("CREATE UNIQUE INDEX i{n} ON t{t}(b);")),
        9 => say(format!("INSERT INTO t{t} (a, b) VALUES ('y', {});", n + 1)),
        10 => say(format!("UPDATE t{t} SET b = {n};")),
        11 => say(format!(
            "CREATE VIEW v{n} AS SELECT a FROM t{t};\nCREATE TRIGGER g{n} AFTER INSERT ON t{t} BEGIN UPDATE t{u} SET b = NULL; END;"
        )),
        12 => say(format!("--! foreign_keys: on\nDELETE FROM t{t};")),
        13..16 => {
            let copied = ["id, a, b, u", "id, b, a, u", "id, a, NULL, u"][dice.roll(3)];
            say(format!(
                "CREATE TABLE n(id INTEGER PRIMARY KEY, a TEXT, b INTEGER, u INTEGER REFERENCES t{u});\n\
                 INSERT INTO n(id, a, b, u) SELECT {copied} FROM t{t};\nDROP TABLE t{t};\nALTER TABLE n RENAME TO t{t};"
            ));
        }
        16 => say(format!("CREATE VIRTUAL TABLE f{n} USING fts5(x);\nINSERT INTO f{n}(x) VALUES ('word');")),
        17 => say(format!("--! transaction: none\nPRAGMA recursive_triggers = {};\nVACUUM;", n % 2)),
        18 => say(format!("UPDATE t{t} SET a = \"x\" || (random() IS NULL);\nPRAGMA user_version = {n};")),
        19..22 => say(format!("CREATE INDEX j{n} ON t{t}(a, b);")),
        22..26 => say(format!("UPDATE t{t} SET a = coalesce(a, 'y') WHERE u IS NULL;")),
        26..30 => say(format!("CREATE TABLE p{n}(id INTEGER PRIMARY KEY, a TEXT UNIQUE, b AS (upper(a)) STORED);")),
        30..34 => say(format!("INSERT INTO t{t} (a, u) SELECT 'z{n}', id FROM t{u} LIMIT 1;")),
        34..37 => say(format!("ALTER TABLE t{t} ADD COLUMN e{n} INTEGER NOT NULL DEFAULT {n};")),
        _ => say(format!("CREATE VIEW w{n} AS SELECT t{t}.a, t{u}.b FROM t{t}, t{u};")),
    }
    let down = (dice.roll(6) == 0).then(|| format!("DROP TABLE t{t};\n"));
    let witness = (dice.roll(6) == 0).then(|| format!("INSERT INTO t{u} (a, b) VALUES ('witness', {n});\n"));
    Step { up, down, witness }
}

/// The tables that the others are about.
fn tables() -> Step {
    let options = ["", " STRICT", " WITHOUT ROWID", "", ""];
    let one = |(t, option): (usize, &&str)| {
        format!(
            "CREATE TABLE t{t}(id INTEGER PRIMARY KEY, a TEXT DEFAULT 'x', b INTEGER CHECK (b <> {t}), u INTEGER REFERENCES \
             t{} ON DELETE CASCADE, UNIQUE (a, b)){option};\n",
            (t * 2) % 5
        )
    };
    Step { up: options.iter().enumerate().map(one).collect(), down: None, witness: None }
}

/// What an author does between two builds.
fn edit(steps: &mut Vec<Step>, dice: &mut Dice) -> &'static str {
    let at = 1 + dice.roll(steps.len() - 1);
    match dice.roll(12) {
        0..4 => {
            *steps.last_mut().unwrap() = step(dice);
            "the newest is written again"
        }
        4..7 => {
            steps.push(step(dice));
            "one more"
        }
        7 => {
            steps[at] = step(dice);
            "an old one is written again"
        }
        8 => {
            steps[at].up.push_str("-- a comment\n");
            "a comment"
        }
        9 if steps.len() > 2 => {
            steps.pop();
            "the newest is removed"
        }
        10 if steps.len() > 2 => {
            steps.remove(at);
            "an old one is removed"
        }
        _ => {
            steps.swap(at, 1);
            "two change places"
        }
    }
}

#[test]
fn after_any_edit_it_comes_to_the_same() {
    // The same every time; `CACHE_ROUNDS` asks for as many others.
    let asked = std::env::var("CACHE_ROUNDS").ok().and_then(|rounds| rounds.parse().ok());
    let rounds = asked.unwrap_or(120);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64;
    let mut dice = Dice(if asked.is_some() { now | 1 } else { 0x2545_f491_4f6c_dd1d });
    let (mut resumed, mut passed) = (0, 0);
    let mut round = 0;
    while round < rounds {
        let dir = tempfile::tempdir().unwrap();
        let cache = dir.path().join("cache");
        let mut steps = vec![tables()];
        steps.extend((0..3 + dice.roll(10)).map(|_| step(&mut dice)));
        let mut done = vec!["at first"];
        for _ in 0..15 {
            let mut files = Vec::new();
            for (index, Step { up, down, witness }) in steps.iter().enumerate() {
                files.push((format!("{index:03}_step.sql"), format!("--! name: Step{index}\n{up}")));
                files.extend(down.clone().map(|down| (format!("{index:03}_step.down.sql"), down)));
                files.extend(witness.clone().map(|witness| (format!("{index:03}_step.witness.sql"), witness)));
            }
            let (source, findings) = parse(&Listing::from_files(files.clone()));
            assert!(findings.is_empty(), "{findings:?}");
            let reused = same(&source, &Declared::default(), &cache, &format!("{done:?}: {files:#?}"));
            resumed += usize::from(reused.witness > 0);
            passed += usize::from(reused.witness + 2 > source.migrations.len());
            done.push(edit(&mut steps, &mut dice));
            round += 1;
        }
    }
    // The series that is the same every time says whether states are used at all; of others chance decides how many.
    if asked.is_none() {
        assert!(resumed * 3 > rounds && passed * 5 > rounds, "{resumed} resumed, {passed} near the end, of {rounds}");
    }
}
