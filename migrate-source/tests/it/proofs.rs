//! `proof.lock`: written, read back, and held against the files.

use migrate_source::proof::{Proved, State, read, render};
use migrate_source::{Finding, Listing, Source, Style, parse, render_styled};
use migrate_sql::set::{Change, Kind, Look, Marker, Object, Script};
use migrate_sql::{Definition, Digest};

const FILES: [(&str, &str); 3] = [
    ("base.sql", "CREATE TABLE notes(id INTEGER PRIMARY KEY);\n"),
    ("001_add_tags.sql", "CREATE TABLE tags(name TEXT);\n"),
    ("migrate.toml", "shared = true\n"),
];

fn with(lock: &str, files: &[(&str, &str)]) -> (Source, Vec<Finding>) {
    parse(&Listing::from_files(files.iter().copied().chain([("proof.lock", lock)])))
}

fn digest(byte: u8) -> Digest {
    Digest([byte; 32])
}

/// Everything that can be said of a source, in odd words.
fn proved() -> Proved {
    let definition = Definition { strict: digest(0x12), loose: digest(0xab) };
    let object =
        |kind, name: &'static str, table: &'static str| Object { kind, name: name.into(), table: table.into() };
    let made = |object, columns: &[&str]| {
        (Change { object, after: Some(definition) }, columns.iter().map(|&name| name.to_owned()).collect())
    };
    let odd = "a \"b\"\nc 'd' -- e";
    let base = vec![made(object(Kind::Table, odd, odd), &["id", odd, "state", "no"])];
    let gone = Change { object: object(Kind::Index, "no", "marker"), after: None };
    let one =
        vec![made(object(Kind::View, "v", "v"), &[]), (gone, Vec::new()), made(object(Kind::Trigger, "t", "v"), &[])];
    let marker = |look, flips: &[u32]| Marker { look, flips: flips.to_vec().into() };
    let snapshot =
        "CREATE TABLE \"a\nb\"(x DEFAULT 'input \"y\"');\nCREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END;\n";
    let statements = migrate_sql::statements(snapshot).iter().map(|s| s.start..s.end).collect();
    let script = migrate_source::Script { shown: "<snapshot>".to_owned(), text: snapshot.to_owned(), statements };
    let snapshot: Script = script.finished();
    Proved {
        states: vec![State { fingerprint: digest(1), changes: base }, State { fingerprint: digest(2), changes: one }],
        markers: vec![
            marker(Look::Object { kind: Kind::Table, name: odd.into(), present: false }, &[0, 1]),
            marker(Look::Column { table: odd.into(), column: "1".into(), present: true }, &[]),
            marker(Look::Definition { kind: Kind::View, name: "v".into(), definition }, &[1]),
        ],
        snapshot: Some(snapshot),
    }
}

#[test]
fn what_is_written_reads_back() {
    let (source, _) = parse(&Listing::from_files(FILES));
    for proved in [proved(), Proved { snapshot: None, ..proved() }] {
        let text = render(&source, &proved);
        assert_eq!(read(&with(&text, &FILES).0).unwrap(), proved);
        // A checkout may change line ends: of the files, and of the lock.
        let crlf: Vec<(&str, String)> = FILES.iter().map(|(name, text)| (*name, text.replace('\n', "\r\n"))).collect();
        let crlf: Vec<(&str, &str)> = crlf.iter().map(|(name, text)| (*name, text.as_str())).collect();
        assert_eq!(read(&with(&text.replace('\n', "\r\n"), &crlf).0).unwrap(), proved);
    }
}

#[test]
fn the_file_is_stable() {
    let (source, _) = parse(&Listing::from_files(FILES));
    insta::assert_snapshot!(render(&source, &proved()));
}

/// What is said where SQLite cannot be asked.
fn said(lock: &str, files: &[(&str, &str)]) -> String {
    let (source, findings) = with(lock, files);
    let finding = findings.first().cloned().or_else(|| read(&source).err().map(|finding| *finding));
    finding.map_or("nothing is wrong".to_owned(), |finding| render_styled(&finding, &source, Style::Plain))
}

#[test]
fn a_lock_that_says_nothing() {
    let (source, _) = parse(&Listing::from_files(FILES));
    let text = render(&source, &proved());
    let [base, one, toml] = FILES;
    let mut book = String::new();
    let mut case = |title: &str, lock: &str, files: &[(&str, &str)]| {
        book.push_str(&format!("######## {title}\n{}\n\n", said(lock, files)));
    };
    case("edited", &text, &[base, (one.0, "CREATE TABLE tags(name TEXT NOT NULL);\n"), toml]);
    case("only a comment", &text, &[base, (one.0, "CREATE TABLE tags(name TEXT); -- more\n"), toml]);
    case("an option", &text, &[base, one, (toml.0, "shared = false\n")]);
    case("added", &text, &[base, one, toml, ("002_b.sql", "SELECT 1;\n")]);
    case("a down script", &text, &[base, one, toml, ("001_add_tags.down.sql", "DROP TABLE tags;\n")]);
    case("removed", &text, &[one, toml]);
    case("of another version", &text.replace("proof 1:", "proof 2:"), &FILES);
    case("of nothing", "", &FILES);
    case("cut", &text[..text.find("state").unwrap() + 20], &FILES);
    case("garbled", &text.replace("marker no table", "marker no tabel"), &FILES);
    case("without a state", &text.replace("state \"001_add_tags.sql\"", "input \"001_add_tags.sql\""), &FILES);
    case("in conflict", &format!("{text}<<<<<<< HEAD\n=======\n>>>>>>> b\n"), &FILES);
    // The files of other purposes are no input.
    assert_eq!(said(&text, &[base, one, toml, ("migrations.lock", "# migrate lock 1\n")]), "nothing is wrong");
    let missing = read(&source).unwrap_err();
    book.push_str(&format!("######## missing\n{}\n", render_styled(&missing, &source, Style::Plain)));
    insta::assert_snapshot!(book);
}

#[test]
fn declarations_that_cannot_be_right() {
    use migrate_source::proof::{Declarations, declare};

    let files = [
        ("001_a.sql", "--! transaction: none\nVACUUM;"),
        ("002_b.sql", "SELECT 1;"),
        ("004_d.sql", "SELECT 1;"),
        ("migrate.toml", "[steps.002_b]\nfresh = \"run\"\n"),
    ];
    let (source, _) = parse(&Listing::from_files(files));
    let parse_all = |texts: &[&str]| texts.iter().map(|text| migrate_source::parse_marker(text).unwrap()).collect();
    let mut book = String::new();
    let mut case = |markers: &[&str], steps: &[&str]| {
        let steps = steps.iter().map(|&name| name.to_owned()).collect();
        let declarations = Declarations { markers: parse_all(markers), steps };
        let (_, findings) = declare(&source, &declarations, &mut proved());
        let findings = findings.iter().map(|finding| render_styled(finding, &source, Style::Plain));
        book.push_str(&format!(
            "######## {markers:?} {steps:?}\n{}\n\n",
            findings.collect::<Vec<_>>().join("\n"),
            steps = declarations.steps
        ));
    };
    case(&["view v"], &["002_b"]);
    case(&["no view v", "view w", "column v.x"], &["002_b", "002_b.sql", "003_c", "001_a"]);
    case(&[], &[]);
    case(&["view v"], &["002_b", "004_d"]);
    insta::assert_snapshot!(book);
}
