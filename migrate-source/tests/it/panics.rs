//! No input makes the crate panic.

use migrate_source::{Finding, Listing, Place, Source, Style, nearest, parse, parse_marker, render, render_styled};

/// A small generator of pseudo-random numbers, so that a failure is repeatable.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % sides
    }

    fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.roll(words.len())]
    }

    fn words(&mut self, words: &[&str], most: usize) -> String {
        (0..self.roll(most + 1)).map(|_| self.pick(words)).collect()
    }
}

const NAMES: &[&str] = &[
    "0",
    "1",
    "001",
    "99999999999999999999",
    "_",
    "__",
    "-",
    " ",
    ".",
    "..",
    "V",
    "v",
    "U",
    "R__",
    "B1__",
    "a",
    "add",
    "é",
    "日本",
    "\u{301}",
    "🦀",
    "up",
    "down",
    "witness",
    ".sql",
    ".SQL",
    ".sq",
    ".txt",
    ".rs",
    "/",
    "base",
    "schema",
    "migrate",
    ".toml",
    "migrations",
    ".lock",
    "#",
    "~",
    "\0",
    "\n",
    "\t",
    "2024-01-31",
    "metadata",
    ".down",
    ".up",
    ".dwon",
];

const TEXTS: &[&str] = &[
    "--! ",
    "--!",
    "-- ",
    "marker",
    "transaction",
    "none",
    "allow",
    "(",
    ")",
    ":",
    " ",
    "\n",
    "\r\n",
    "\r",
    "\0",
    "'",
    "\"",
    "`",
    "[",
    "]",
    "/*",
    "*/",
    ";",
    "CREATE TRIGGER t BEGIN ",
    "END",
    "SELECT 1",
    "?",
    ":x",
    "::text",
    "#a",
    "é",
    "日本",
    "🦀",
    "\u{301}",
    "\u{feff}",
    "-- +goose Up",
    "-- +goose Down",
    "-- +goose ",
    "-- +migrate Up",
    "-- migrate:up",
    "-- migrate:down",
    "-- migrate:",
    "<<<<<<< a",
    "=======",
    ">>>>>>> b",
    "name",
    "adopt",
    "unproved",
    "foreign_keys",
    "column a.b",
    "table",
    "no ",
    " -- ",
    "--",
    "steps",
    "= 1",
    "[functions]",
    "{",
    "}",
    "\"\"\"",
    "shared = true",
    "\t",
    "x'",
    "\\u",
    "transaction:false",
];

/// Draws every finding in every way.
fn draw_all(source: &Source, findings: &[Finding]) {
    for finding in findings {
        assert!(migrate_source::IDS.contains(&finding.id), "{}", finding.id);
        for text in [render(finding, source), render_styled(finding, source, Style::Ansi)] {
            assert!(text.contains(finding.id));
        }
    }
}

#[test]
fn odd_names_and_texts() {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for _ in 0..6_000 {
        let mut files = Vec::new();
        for _ in 0..dice.roll(6) {
            let mut name = dice.words(NAMES, 5);
            if dice.roll(3) > 0 {
                name.push_str(".sql");
            }
            files.push((name, dice.words(TEXTS, 14)));
        }
        if dice.roll(4) == 0 {
            files.push(("migrate.toml".to_owned(), dice.words(TEXTS, 14)));
            files.push(("base.sql".to_owned(), dice.words(TEXTS, 14)));
            files.push(("1_a/metadata.toml".to_owned(), dice.words(TEXTS, 4)));
        }
        let (source, findings) = parse(&Listing::from_files(files));
        draw_all(&source, &findings);
    }
}

#[test]
fn odd_bytes() {
    let mut dice = Dice(42);
    for _ in 0..4_000 {
        let mut bytes = dice.words(TEXTS, 20).into_bytes();
        for _ in 0..dice.roll(6) {
            let at = dice.roll(bytes.len() + 1);
            bytes.insert(at, dice.roll(256) as u8);
        }
        let files = [("001_a.sql", bytes.clone()), ("001_a.down.sql", bytes.clone()), ("migrate.toml", bytes)];
        let (source, findings) = parse(&Listing::from_files(files));
        draw_all(&source, &findings);
    }
}

#[test]
fn odd_places() {
    let mut dice = Dice(7);
    for _ in 0..6_000 {
        let text = dice.words(TEXTS, 20);
        let (source, _) = parse(&Listing::from_files([("001_a.sql", text.as_str())]));
        let mut place = || {
            let (start, length) = (dice.roll(text.len() + 9), dice.roll(20));
            Place::new("migrations/001_a.sql", start..start + length)
        };
        let finding =
            Finding::error("parameter", "a\nb", place().into()).caption("c").label(place(), "d").label(place(), "");
        let reversed = Place::new("migrations/001_a.sql", std::ops::Range { start: 3, end: 1 });
        draw_all(
            &source,
            &[finding.label(Place::new("elsewhere", 1..3), "e").label(reversed, "r").note("f\x1b\ng").help("")],
        );
    }
}

#[test]
fn odd_markers() {
    let mut dice = Dice(3);
    for _ in 0..6_000 {
        let text = dice.words(TEXTS, 6);
        if let Err(error) = parse_marker(&text) {
            assert!(text.get(error.span).is_some(), "{text:?}");
        }
        let _ = nearest(&text, ["marker", ""]);
    }
}

#[test]
fn a_line_of_a_megabyte() {
    let text = format!("INSERT INTO t VALUES ('{}', ?);\n", "é\t".repeat(300_000));
    let (source, findings) = parse(&Listing::from_files([("001_a.sql", text)]));
    let drawn = render(&findings[0], &source);
    assert!(drawn.len() < 1_000, "{} bytes", drawn.len());
}
