//! `migrations.lock`: written, read back, and held against the files.

use migrate_source::{Listing, Source, lock, parse};

use crate::rendered;

const LOCK: &str = "migrations.lock";
const BASE: (&str, &str) = ("base.sql", "CREATE TABLE notes(id INTEGER PRIMARY KEY);\n");
const ONE: (&str, &str) = ("001_add_body.sql", "ALTER TABLE notes ADD COLUMN body TEXT;\n");
const TWO: (&str, &str) = ("002_add_tags.sql", "CREATE TABLE tags(name TEXT);\n");
const THREE: (&str, &str) = ("003_add_links.sql", "CREATE TABLE links(url TEXT);\n");

fn source(files: &[(&str, &str)]) -> Source {
    let (source, findings) = parse(&Listing::from_files(files.iter().copied()));
    assert_eq!(rendered(&source, &findings), "nothing is wrong");
    source
}

/// What is said of the files after the others were released.
fn said(released: &[(&str, &str)], files: &[(&str, &str)]) -> String {
    let text = lock::render(&source(released));
    let files = files.iter().copied().chain([(LOCK, text.as_str())]);
    let (source, findings) = parse(&Listing::from_files(files));
    rendered(&source, &findings)
}

/// What is said of a lock's text.
fn said_of(text: &str) -> String {
    let (source, findings) = parse(&Listing::from_files([BASE, ONE, TWO, (LOCK, text)]));
    rendered(&source, &findings)
}

#[test]
fn what_is_written_reads_back() {
    let odd = [("#1 a.sql", "SELECT 1"), ("\\b.sql", "SELECT 2"), ("c d.sql", "SELECT 3"), ("é.sql", "SELECT 4")];
    let goose =
        [("001_a.sql", "-- +goose Up\nSELECT 1;\n-- +goose Down\nSELECT 2;\n"), ("002_b/up.sql", "SELECT 1;\n")];
    for files in [&[BASE, ONE, TWO][..], &odd, &goose] {
        let text = lock::render(&source(files));
        let locked = source(&[files, &[(LOCK, text.as_str())]].concat());
        let names: Vec<&str> = locked.lock.as_ref().unwrap().entries.iter().map(|entry| entry.name.as_str()).collect();
        let expected = locked.migrations.iter().map(|migration| migration.name.as_str());
        let base = locked.base.as_ref().map(|_| "base.sql");
        assert_eq!(names, base.into_iter().chain(expected).collect::<Vec<_>>());
        assert_eq!(lock::render(&locked), text);
        // A checkout may change line ends, and somebody may add a comment.
        let edited = format!("{}\r\n  # the first release\r\n", text.replace('\n', "\r\n"));
        assert_eq!(lock::render(&source(&[files, &[(LOCK, edited.as_str())]].concat())), text);
    }
}

#[test]
fn the_file_is_stable() {
    // Committed in many repositories: this changes only with the version of the lock.
    insta::assert_snapshot!(lock::render(&source(&[BASE, ONE, TWO])));
}

#[test]
fn what_is_added_after_the_newest_is_free() {
    let released = [BASE, ONE, TWO];
    for files in [vec![BASE, ONE, TWO], vec![BASE, ONE, TWO, THREE]] {
        assert_eq!(said(&released, &files), "nothing is wrong");
    }
    let comments = (ONE.0, "-- why\nALTER TABLE notes\n  ADD COLUMN body TEXT\n");
    assert_eq!(said(&released, &[BASE, comments, TWO]), "nothing is wrong");
    assert_eq!(said(&[ONE], &[ONE, TWO, THREE]), "nothing is wrong");
    // The order of the lines does not matter, nor that a merge wrote one twice.
    let text = lock::render(&source(&released));
    let (header, lines) = text.split_once('\n').unwrap();
    let lines: Vec<&str> = lines.lines().rev().chain(lines.lines().take(1)).collect();
    assert_eq!(said_of(&format!("{header}\n{}\n", lines.join("\n"))), "nothing is wrong");
}

#[test]
fn what_was_released_stays() {
    let released = [BASE, ONE, TWO, THREE];
    let edited = (TWO.0, "CREATE TABLE tags(name TEXT NOT NULL);\n");
    let base = (BASE.0, "CREATE TABLE notes(id INTEGER PRIMARY KEY, body TEXT);\n");
    let between = ("002_between.sql", "SELECT 1;\n");
    let cases: [(&str, &[_], &[_]); 12] = [
        ("edited", &released, &[BASE, ONE, edited, THREE]),
        (
            "a directive that counts",
            &released,
            &[BASE, ("001_add_body.sql", "--! adopt: run\nALTER TABLE notes ADD COLUMN body TEXT;"), TWO, THREE],
        ),
        ("an edited base", &released, &[base, ONE, TWO, THREE]),
        ("removed", &released, &[BASE, ONE, THREE]),
        ("a removed base", &released, &[ONE, TWO, THREE]),
        ("a base that comes later", &[ONE, TWO], &[BASE, ONE, TWO]),
        ("inserted", &[BASE, ONE, THREE], &[BASE, ONE, between, THREE]),
        ("inserted by name", &[("b.sql", "SELECT 1")], &[("a.sql", "SELECT 2"), ("b.sql", "SELECT 1")]),
        ("renamed", &released, &[BASE, ONE, ("002_tags.sql", TWO.1), THREE]),
        ("renumbered", &released, &[BASE, ONE, ("004_add_tags.sql", TWO.1), THREE]),
        ("renamed and edited", &released, &[BASE, ONE, ("002_tags.sql", edited.1), THREE]),
        ("unreadable, which says it all", &released, &[BASE, ONE, (TWO.0, "CREATE TABLE 'tags;"), THREE]),
    ];
    let book: Vec<String> =
        cases.iter().map(|(title, before, after)| format!("######## {title}\n{}\n", said(before, after))).collect();
    insta::assert_snapshot!(book.join("\n"));
}

#[test]
fn a_lock_that_cannot_be_read() {
    let text = lock::render(&source(&[BASE, ONE, TWO]));
    let (header, lines) = text.split_once('\n').unwrap();
    let digest = &lines[9..73];
    let cases = [
        ("empty", String::new()),
        ("no header", lines.to_owned()),
        ("a version from the future", text.replace("lock 1:", "lock 2:")),
        ("a name alone", format!("{text}003_add_links.sql\n")),
        ("a checksum that was cut", format!("{text}003_add_links.sql {}\n", &digest[..63])),
        ("capitals", format!("{header}\n001_add_body.sql {}\n", digest.to_uppercase())),
        ("no extension", text.replace("002_add_tags.sql", "002_add_tags")),
        ("a name of nothing", format!("{text}notes.txt {digest}\n")),
        ("twice", format!("{text}001_add_body.sql {digest}\n")),
        ("a conflict", format!("{text}<<<<<<< HEAD\n003_a.sql {digest}\n=======\n003_b.sql {digest}\n>>>>>>> b\n")),
    ];
    let book: Vec<String> =
        cases.iter().map(|(title, text)| format!("######## {title}\n{}\n", said_of(text))).collect();
    insta::assert_snapshot!(book.join("\n"));
}
