//! Any names and texts as a directory: everything is said, nothing panics, and no `.sql` file is ignored silently.
#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use migrate_check::{Declared, check};
use migrate_source::{Listing, parse, render};

/// Names near to real ones reach further than random bytes.
#[derive(Arbitrary, Debug)]
struct File<'a> {
    number: u8,
    shape: u8,
    word: &'a str,
    text: &'a str,
    sql: u8,
}

const SQL: [&str; 12] = [
    "",
    "CREATE TABLE a(id INTEGER PRIMARY KEY, x TEXT);",
    "ALTER TABLE a ADD COLUMN y;",
    "DROP TABLE a;",
    "-- +goose Up\nCREATE TABLE g(x);\n-- +goose Down\nDROP TABLE g;\n",
    "-- migrate:up\nCREATE TABLE g(x);\n-- migrate:down\nDROP TABLE g;\n",
    "--! transaction: none -- x\nVACUUM;",
    "--! allow(drop-table): x -- y\nDROP TABLE a;",
    "--! adopt: skip\nUPDATE a SET x = 1;",
    "history_table = \"h\"\nshared = true\n",
    "INSERT INTO a VALUES (1, 'x');",
    "CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM a; END;",
];

impl File<'_> {
    fn name(&self) -> String {
        let (n, word) = (self.number, self.word);
        match self.shape % 12 {
            0 => format!("{n:03}_{word}.sql"),
            1 => format!("{n}_{word}.up.sql"),
            2 => format!("{n}_{word}.down.sql"),
            3 => format!("V{n}__{word}.sql"),
            4 => format!("{n:03}_{word}/up.sql"),
            5 => format!("{n:03}_{word}.witness.sql"),
            6 => "base.sql".to_owned(),
            7 => "schema.sql".to_owned(),
            8 => "migrate.toml".to_owned(),
            9 => "migrations.lock".to_owned(),
            10 => "proof.lock".to_owned(),
            _ => word.to_owned(),
        }
    }

    fn text(&self) -> String {
        format!("{}{}", SQL[usize::from(self.sql) % SQL.len()], self.text)
    }
}

fuzz_target!(|files: Vec<File<'_>>| {
    let files: Vec<(String, String)> = files.iter().take(8).map(|file| (file.name(), file.text())).collect();
    let listing = Listing::from_files(files.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    let (source, mut findings) = parse(&listing);
    if migrate_source::lock::is_provable(&findings) {
        let checked = migrate_check::check_within(&source, &Declared::default(), std::time::Duration::from_millis(200));
        findings.extend(checked.findings);
    } else {
        assert!(!findings.is_empty());
    }
    for finding in &findings {
        assert!(!render(finding, &source).is_empty());
    }
    let _ = check;
});
