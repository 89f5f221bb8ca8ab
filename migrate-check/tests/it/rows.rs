//! What a migration does to rows is seen though some of them make it fail.

use migrate_check::{Declared, check};
use migrate_source::{Listing, parse};

fn ids(files: &[(&str, &str)]) -> Vec<&'static str> {
    let (source, findings) = parse(&Listing::from_files(files.iter().copied()));
    assert!(findings.is_empty(), "{findings:?}");
    check(&source, &Declared::default()).findings.iter().map(|finding| finding.id).collect()
}

#[test]
fn losses_show_on_the_rows_that_are_left() {
    let rebuild = |columns: &str, constraint: &str| {
        let files = [
            ("001_users.sql", "CREATE TABLE users(id INTEGER PRIMARY KEY, email TEXT, name TEXT);".to_owned()),
            (
                "002_rebuild.sql",
                format!(
                    "CREATE TABLE users_new(id INTEGER PRIMARY KEY, email TEXT {constraint}, name TEXT);
                     INSERT INTO users_new(id, email, name) SELECT id, {columns} FROM users;
                     DROP TABLE users;
                     ALTER TABLE users_new RENAME TO users;"
                ),
            ),
        ];
        ids(&files.each_ref().map(|(name, text)| (*name, text.as_str())))
    };
    assert_eq!(rebuild("email, name", ""), [] as [&str; 0]);
    assert_eq!(rebuild("email, name", "UNIQUE"), ["may-fail-on-data"]);
    for constraint in ["UNIQUE", "NOT NULL", "NOT NULL UNIQUE", "CHECK (email IS NOT NULL) UNIQUE"] {
        let mut found = rebuild("name, email", constraint);
        found.dedup();
        assert_eq!(found, ["may-fail-on-data", "value-loss"], "{constraint}");
    }
}
