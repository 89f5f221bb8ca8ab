//! Whatever becomes of the entries, a proof comes to the same.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use migrate_check::{Declared, check_cached_within, check_within};
use migrate_core::rusqlite;
use migrate_source::{Listing, Source, parse};

use super::{LIMIT, compare, first, same};

/// Twelve migrations; `edited` is part of the newest.
fn source(edited: usize) -> Source {
    let file = |index: usize| {
        let mut sql = format!(
            "CREATE TABLE t{index}(id INTEGER PRIMARY KEY, a TEXT UNIQUE);\nINSERT INTO t{index}(a) VALUES ('x');\n"
        );
        if index == 11 {
            sql.push_str(&format!("CREATE UNIQUE INDEX i ON t3(a);\nCREATE TABLE edited_{edited}(x);\n"));
        }
        (format!("{:03}_t{index}.sql", index + 1), sql)
    };
    parse(&Listing::from_files((0..12).map(file))).0
}

fn entries(dir: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

#[test]
fn damaged_entries_are_made_again() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("cache");
    let declared = Declared::default();
    same(&source(1), &declared, &dir, "cold");
    let good: Vec<Vec<u8>> = entries(&dir).iter().map(|path| fs::read(path).unwrap()).collect();
    type Damage = fn(&[u8], &[u8]) -> Vec<u8>;
    let damages: [(&str, Damage); 6] = [
        ("empty", |_, _| Vec::new()),
        ("cut", |bytes, _| bytes[..bytes.len() / 2].to_vec()),
        ("a bit", |bytes, _| {
            let mut bytes = bytes.to_vec();
            let at = bytes.len() * 2 / 3;
            bytes[at] ^= 4;
            bytes
        }),
        ("zeros", |bytes, _| vec![0; bytes.len()]),
        ("another entry", |_, other| other.to_vec()),
        ("text", |_, _| b"migrate proof cache 1\nhello".to_vec()),
    ];
    for (what, damage) in damages {
        for (nth, path) in entries(&dir).iter().enumerate() {
            fs::write(path, damage(&good[nth], &good[(nth + 1) % good.len()])).unwrap();
        }
        assert!(!same(&source(1), &declared, &dir, what).verdict, "{what}");
        assert!(same(&source(1), &declared, &dir, what).verdict, "{what}: it is made again");
        assert_eq!(same(&source(2), &declared, &dir, what).witness, 11, "{what}: and so are the states");
        for path in entries(&dir) {
            let _ = fs::remove_file(path);
        }
        same(&source(1), &declared, &dir, what);
    }
}

#[test]
fn entries_may_go_at_any_moment() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("cache");
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let _ = fs::remove_dir_all(&dir);
                std::thread::sleep(Duration::from_millis(3));
            }
        });
        for round in 0..6 {
            same(&source(round % 2), &Declared::default(), &dir, "while the directory is removed");
        }
        done.store(true, Ordering::Relaxed);
    });
}

#[test]
fn a_directory_that_cannot_be_written_to_is_no_trouble() {
    let dir = tempfile::tempdir().unwrap();
    let declared = Declared::default();
    let file = dir.path().join("file");
    fs::write(&file, "mine").unwrap();
    for cache in [file.join("cache"), file.clone(), dir.path().join("no/such/cache")] {
        assert!(!same(&source(1), &declared, &cache, "cold").verdict);
        assert!(!same(&source(1), &declared, &cache, "still cold").verdict);
    }
    assert_eq!(fs::read_to_string(file).unwrap(), "mine");
    assert!(!dir.path().join("no").exists());

    let locked = dir.path().join("locked");
    fs::create_dir(&locked).unwrap();
    let mut permissions = fs::metadata(&locked).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&locked, permissions.clone()).unwrap();
    same(&source(1), &declared, &locked, "read-only");
    same(&source(1), &declared, &locked, "read-only again");
    #[expect(clippy::permissions_set_readonly_false, reason = "the directory is removed in a moment")]
    permissions.set_readonly(false);
    fs::set_permissions(&locked, permissions).unwrap();
}

/// The half of the test below that runs in a process of its own.
#[test]
#[ignore = "run by another test"]
fn one_of_many_processes() {
    let Some(dir) = std::env::var_os("PROOF_CACHE") else { return };
    let cold: Vec<_> = (0..4).map(|edited| check_within(&source(edited), &Declared::default(), LIMIT)).collect();
    let begun = Instant::now();
    for round in 0.. {
        let (warm, _) = check_cached_within(&source(round % 4), &Declared::default(), LIMIT, Path::new(&dir));
        compare(&warm, &cold[round % 4], "one of many");
        if begun.elapsed() > Duration::from_secs(2) && round > 8 {
            return;
        }
    }
}

#[test]
fn many_processes_share_a_directory() {
    let dir = tempfile::tempdir().unwrap();
    let cache = dir.path().join("cache");
    let run = |_| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "cache::trouble::one_of_many_processes", "--ignored"]).env("PROOF_CACHE", &cache);
        command.stdout(std::process::Stdio::piped()).spawn().unwrap()
    };
    let children: Vec<_> = (0..3).map(run).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && said.contains("1 passed"), "{said}");
    }
    let names: Vec<PathBuf> = entries(&cache);
    assert!(names.iter().all(|path| path.extension().is_none()), "drafts are left: {names:?}");
    assert!(same(&source(3), &Declared::default(), &cache, "afterwards").verdict);
}

#[test]
fn what_was_out_of_time_is_tried_again() {
    let endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n;\n";
    let files = [("001_a.sql", "CREATE TABLE a(x);\n"), ("002_endless.sql", endless)];
    let (source, _) = parse(&Listing::from_files(files));
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("cache");
    for reused in [0, 1] {
        let limit = Duration::from_millis(100);
        let (checked, found) = check_cached_within(&source, &Declared::default(), limit, &dir);
        assert_eq!(checked.findings[0].id, "too-slow");
        assert_eq!((found.verdict, found.replay), (false, reused));
    }
}

#[test]
fn what_is_equal_only_today_is_proved_again() {
    let conn = rusqlite::Connection::open_in_memory().unwrap();
    let sql = "SELECT datetime('now')";
    let now: String = conn.query_row(sql, [], |row| row.get(0)).unwrap();
    let table = "CREATE TABLE a(id INTEGER PRIMARY KEY, at TEXT);\n";
    let prove = |value: &str| {
        let schema = format!("{table}INSERT INTO a(at) VALUES ({value});\n");
        let migration = format!("{table}INSERT INTO a(at) VALUES (datetime('now'));\n");
        let (source, _) = parse(&Listing::from_files([("001_a.sql", migration), ("schema.sql", schema)]));
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().join("cache");
        let first = same(&source, &Declared::default(), &dir, value);
        assert!(!first.verdict);
        same(&source, &Declared::default(), &dir, value).verdict
    };
    assert!(prove("datetime('now')"), "equal for ever");
    assert!(!prove(&format!("'{now}'")), "a time that a script writes is not that of the proof for long");
}

/// Rows that break a CHECK of their own table say nothing about real ones, also to a proof that did not put them there.
#[test]
fn what_is_known_of_the_rows_is_in_the_state() {
    let table = |name: &str| {
        format!("CREATE TABLE {name}(id INTEGER PRIMARY KEY, a TEXT NOT NULL CHECK (length(a) = 123456));\n")
    };
    let rebuild =
        format!("{}INSERT INTO n(id, a) SELECT id, a FROM t;\nDROP TABLE t;\nALTER TABLE n RENAME TO t;\n", table("n"));
    let files = [("001_t.sql", table("t")), ("002_u.sql", "CREATE TABLE u(x);\n".to_owned()), ("003_t.sql", rebuild)];
    let (source, _) = parse(&Listing::from_files(files));
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("cache");
    same(&first(&source, 2), &Declared::default(), &dir, "before");
    assert_eq!(same(&source, &Declared::default(), &dir, "the rebuild").witness, 2);
}

#[test]
fn what_is_left_on_a_connection_is_in_no_state() {
    let check = |middle: &str, newest: &str, expected: usize| {
        let file = |middle: &str, newest: &str| {
            let first = "CREATE TABLE a(id INTEGER PRIMARY KEY, x TEXT);\nINSERT INTO a(x) VALUES ('x');\n";
            let files = [("001_a.sql", first), ("002_b.sql", middle), ("003_c.sql", newest)];
            parse(&Listing::from_files(files)).0
        };
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().join("cache");
        same(&file(middle, "CREATE TABLE z(x);\n"), &Declared::default(), &dir, middle);
        let reused = same(&file(middle, newest), &Declared::default(), &dir, newest);
        assert_eq!((reused.replay, reused.witness), (expected, expected), "{middle}{newest}");
    };
    let (b, c) = ("CREATE TABLE b(x);\n", "CREATE TABLE c(at TEXT DEFAULT CURRENT_TIMESTAMP);\n");
    check(b, c, 2);
    check("PRAGMA user_version = 7;\n", c, 2);
    // A setting that outlives the migration, a table that no other connection sees, a size that the next VACUUM makes.
    check("--! allow(leaking-pragma): x\nPRAGMA recursive_triggers = ON;\n", c, 0);
    check("CREATE TEMP TABLE b(x);\n", c, 0);
    check("--! transaction: none\nPRAGMA page_size = 1024;\nVACUUM;\n", c, 0);
    // Questions to which another connection, or another day, has another answer.
    check(b, "INSERT INTO b SELECT last_insert_rowid();\n", 0);
    check(b, "DELETE FROM a WHERE x < datetime('now');\n", 0);
}

#[test]
fn states_of_a_shorter_list_are_of_use_to_a_longer_one_and_the_other_way_round() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("cache");
    let whole = source(1);
    let declared = Declared::default();
    assert_eq!(same(&first(&whole, 10), &declared, &dir, "ten").witness, 0);
    assert_eq!(same(&whole, &declared, &dir, "twelve").witness, 10);
    assert_eq!(same(&first(&whole, 11), &declared, &dir, "eleven").witness, 11);
    let reused = same(&first(&whole, 9), &declared, &dir, "nine");
    assert_eq!((reused.replay, reused.witness), (9, 9));
    assert!(same(&whole, &declared, &dir, "twelve again").verdict);
}
