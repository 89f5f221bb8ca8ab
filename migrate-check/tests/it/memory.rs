//! Whatever a migration says, no file is made, and none is opened.

use std::fs;

use migrate_check::{Declared, check};
use migrate_source::{Listing, parse};

#[test]
fn nothing_is_written_outside_memory() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("escaped.db");
    let shown = path.display();
    let none = "--! transaction: none -- VACUUM cannot run in one\n";
    for sql in [
        format!("ATTACH '{shown}' AS x; CREATE TABLE x.t(a);"),
        format!("ATTACH 'file:{shown}?mode=rwc' AS x; CREATE TABLE x.t(a);"),
        format!("ATTACH '{shown}' || '' AS x; CREATE TABLE x.t(a);"),
        format!("VACUUM INTO '{shown}';"),
        format!("{none}ATTACH '{shown}' AS x; CREATE TABLE x.t(a);"),
        format!("{none}VACUUM INTO '{shown}';"),
        format!("{none}VACUUM main INTO '{shown}' || '';"),
        format!("{none}/* x */ vacuum -- y\n \"main\" /* z */ into '{shown}';"),
        format!("{none}EXPLAIN VACUUM INTO '{shown}'; VACUUM 'main' INTO '{shown}';"),
    ] {
        let (source, findings) = parse(&Listing::from_files([("001_notes.sql", format!("{sql}\nCREATE TABLE t(a);"))]));
        assert!(findings.is_empty(), "{sql}: {findings:?}");
        let checked = check(&source, &Declared::default());
        assert!(checked.findings.iter().any(|finding| finding.id == "attach"), "{sql}: {:?}", checked.findings);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "{sql}");
    }
}

/// The copy that `VACUUM` makes and the rows that a sort puts aside are kept in memory too; here they only have to work.
#[test]
fn what_is_large_or_temporary_works() {
    let (source, findings) = parse(&Listing::from_files([
        (
            "001_many.sql",
            "--! allow(leaking-pragma): only to see what becomes of it
             PRAGMA temp_store = FILE; PRAGMA temp_store_directory = '/nowhere'; PRAGMA cache_size = 10;
             CREATE TABLE many(a, b);
             INSERT INTO many WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 20000)
             SELECT i, hex(zeroblob(50)) FROM n;
             CREATE TABLE sorted AS SELECT * FROM many ORDER BY b, a DESC;
             CREATE INDEX idx_many ON many(b, a);",
        ),
        ("002_vacuum.sql", "--! transaction: none -- VACUUM cannot run in one\nVACUUM; VACUUM main;"),
    ]));
    assert!(findings.is_empty());
    assert_eq!(check(&source, &Declared::default()).findings, []);
}
