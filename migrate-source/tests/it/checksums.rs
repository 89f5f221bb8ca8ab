//! What a checksum minds, and what it does not.

use migrate_source::{Listing, parse};

fn checksum(text: &str) -> String {
    let (source, findings) = parse(&Listing::from_files([("001_a.sql", text)]));
    assert!(findings.is_empty(), "{text}: {findings:?}");
    source.migrations[0].checksum.to_string()
}

const TEXT: &str = "CREATE TABLE notes(id, body TEXT DEFAULT 'a\nb');\nINSERT INTO notes VALUES (1, 'x');\n";

#[test]
fn is_stable() {
    // Recorded in databases: this value changes only with the tag of the algorithm.
    assert_eq!(checksum(TEXT), "89d9261d95f2585aa688cad378b8b2311d0ef669b9aba9d4ce69baf3f11a105b");
    let parts: [&[u8]; 4] = [b"migrate-checksum-1", b"--! adopt: run", b"SELECT\x001", b"VACUUM"];
    let expected = parts.iter().fold(migrate_sql::Hasher::new(), |hasher, part| hasher.part(part)).finish();
    assert_eq!(checksum("--! adopt: run\nSELECT /* one */ 1; VACUUM;"), expected.to_string());
}

#[test]
fn does_not_mind() {
    for same in [
        TEXT.replace('\n', "\r\n"),
        format!("\u{feff}{TEXT}"),
        format!("-- the first migration\n\n{TEXT}/* done */"),
        TEXT.replace(", ", " ,\t\x0c"),
        TEXT.replace(";\n", ";;\n\n"),
        TEXT.trim_end().trim_end_matches(';').to_owned(),
        format!("--! allow(drop-column): unused\n--! marker: table notes\n{TEXT}"),
        format!("-- migrate:up\n{TEXT}-- migrate:down\nDROP TABLE notes;"),
        format!("-- +goose Up\n{TEXT}-- +goose Down\nSELECT 2;"),
    ] {
        assert_eq!(checksum(&same), checksum(TEXT), "{same}");
    }
}

#[test]
fn minds() {
    let mut seen = vec![checksum(TEXT)];
    for other in [
        TEXT.replace("notes", "note"),
        TEXT.replace("'x'", "'X'"),
        TEXT.replace("TEXT", "text"),
        TEXT.replace("a\nb", "a b"),
        TEXT.replace("a\nb", "a\n\nb"),
        TEXT.replace(");\nINSERT", ")\nINSERT"),
        format!("--! transaction: none\n{TEXT}"),
        format!("--! foreign_keys: on\n{TEXT}"),
        format!("--! adopt: run\n{TEXT}"),
        format!("--! adopt: skip\n{TEXT}"),
        format!("--! name: First\n{TEXT}"),
        format!("--! name: Second\n{TEXT}"),
        format!("--! adopt: run\n--! transaction: none\n{TEXT}"),
    ] {
        let checksum = checksum(&other);
        assert!(!seen.contains(&checksum), "{other}");
        seen.push(checksum);
    }
}

#[test]
fn the_ways_to_run_without_a_transaction_are_one() {
    let expected = checksum("--! transaction: none -- why\nVACUUM");
    for same in [
        "-- no-transaction\nVACUUM",
        "-- +goose NO TRANSACTION\n-- +goose Up\nVACUUM;",
        "-- migrate:up transaction:false\nVACUUM;\n-- migrate:down\n",
    ] {
        assert_eq!(checksum(same), expected, "{same}");
    }
}
