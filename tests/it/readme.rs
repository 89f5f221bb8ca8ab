//! The README's tour, taken: its files are written, its commands run, and their output is what it says.

use crate::package::Package;

const README: &str = include_str!("../../README.md");

/// A fenced block, and the file that the line before it names.
struct Block {
    language: String,
    file: Option<String>,
    text: String,
}

fn blocks() -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut named = None;
    let mut lines = README.lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let text: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            let text = text.join("\n") + "\n";
            blocks.push(Block { language: language.to_owned(), file: named.take(), text });
        } else if !line.is_empty() {
            let file = line.strip_prefix('`').and_then(|line| line.strip_suffix("`:"));
            named = file.map(str::to_owned);
        }
    }
    blocks
}

/// Times, and names with a time in them, are not the same twice.
fn without_times(text: &str) -> String {
    let mut shown = String::new();
    for word in text.split_inclusive(char::is_whitespace) {
        let is_time = word.trim_end().parse::<f64>().is_ok() && word.contains('.');
        let is_backup = word.trim_end().ends_with(".backup");
        shown.push_str(if is_time || is_backup { "<time> " } else { word });
    }
    shown
}

#[test]
fn the_tour() {
    let package = Package::new("journal", "2024", "migrate");
    let (mut commands, mut options) = (0, String::new());
    for block in blocks() {
        match (block.language.as_str(), block.file) {
            (_, Some(file)) => package.write(&file, &block.text),
            ("console", None) => {
                for run in block.text.split("$ cargo run\n").skip(1) {
                    commands += 1;
                    let (passed, out, said) = package.cargo(&["run", "-q"]);
                    assert!(passed, "{said}");
                    assert_eq!(without_times(&out), without_times(run), "{said}");
                }
            }
            ("rust", None) if block.text.contains("migrate::testing") => {
                let manifest = package.read("Cargo.toml");
                let dependency = manifest.lines().find(|line| line.starts_with("migrate = ")).expect("the dependency");
                let dependency = dependency.replace(" }", ", features = [\"testing\"] }");
                package.write("Cargo.toml", &format!("{manifest}\n[dev-dependencies]\n{dependency}\n"));
                let main = "mod db { migrate::migrations!(\"migrations\"); }\nfn main() { let _ = &db::MIGRATIONS; }\n";
                package.write("src/main.rs", &format!("{main}#[cfg(test)]\n{}", in_module(&block.text)));
                let (passed, out, said) = package.cargo(&["test", "-q"]);
                assert!(passed && out.contains("1 passed"), "{out}{said}");
            }
            ("rust", None) if block.text.contains("#[test]") => {
                package.write(
                    "src/main.rs",
                    &(package.read("src/main.rs") + "\n#[cfg(test)]\n" + &in_module(&block.text)),
                );
                let (passed, out, said) = package.cargo(&["test", "-q"]);
                assert!(passed && out.contains("1 passed"), "{out}{said}");
            }
            ("toml", None) if block.text.starts_with("history_table") => options = block.text,
            ("rust", None) if block.text.starts_with("migrate::migrations!") => {
                package.write("migrations/migrate.toml", &options);
                let steps = "mod titles {
                    pub fn fill(_: &migrate::rusqlite::Connection) -> migrate::rusqlite::Result<()> { Ok(()) }
                }\n";
                package.write("src/main.rs", &format!("{steps}{}\nfn main() {{ let _ = &MIGRATIONS; }}\n", block.text));
                let (passed, _, said) = package.cargo(&["check", "-q"]);
                assert!(passed, "{said}");
                package.remove("migrations/migrate.toml");
            }
            ("rust", None) if block.text.starts_with("db::migrator()") => {
                let main = package.read("src/main.rs");
                let names = "use db::Version;\nuse migrate::rusqlite::Connection;\n\
                    use migrate::{Atomicity, BackupPolicy, DriftPolicy, Event};\n\
                    use std::{ops::ControlFlow, time::Duration};\n\
                    fn show(_: &Event<'_>) {}\nfn keep_going() -> ControlFlow<()> { ControlFlow::Continue(()) }\n";
                let run = format!(
                    "{names}pub fn run(mut conn: Connection) -> Result<(), migrate::Error> {{\n{}Ok(())\n}}\n",
                    block.text
                );
                package.write(
                    "src/main.rs",
                    &format!("mod db {{ migrate::migrations!(\"migrations\"); }}\n{run}fn main() {{}}\n"),
                );
                let (passed, _, said) = package.cargo(&["check", "-q"]);
                assert!(passed, "{said}");
                package.write("src/main.rs", &main);
            }
            ("rust", None) => panic!("a block that nothing compiles:\n{}", block.text),
            _ => {}
        }
    }
    assert_eq!(commands, 4);
}

fn in_module(text: &str) -> String {
    format!("mod tests {{\n    use super::*;\n{text}}}\n").replace("use db::Version;", "use super::db::Version;")
}

#[test]
fn the_compile_error_is_the_compilers() {
    let package = Package::new("journal", "2024", "migrate");
    for block in blocks() {
        if let Some(file) = block.file.filter(|file| !file.contains("003")) {
            package.write(&file, &block.text);
        }
    }
    package.write("migrations/003_add_title.sql", "ALTER TABLE entries ADD COLUMN title TEXT NOT NULL;\n");
    let (passed, _, said) = package.cargo(&["check", "-q"]);
    let shown = blocks().into_iter().find(|block| block.text.starts_with("error: ")).expect("an excerpt");
    assert!(!passed && said.contains(&shown.text), "{said}");
}

#[test]
fn the_configuration_is_read() {
    let dir = tempfile::tempdir().expect("a directory");
    let block = blocks().into_iter().find(|block| block.text.contains("history_table")).expect("a configuration");
    std::fs::write(dir.path().join("migrate.toml"), block.text).expect("a file");
    std::fs::write(dir.path().join("003_require_titles.sql"), "CREATE TABLE entries(title TEXT);\n").expect("a file");
    let (source, findings) = migrate_source::load(dir.path(), "migrations");
    let told: Vec<String> = findings.iter().map(|finding| migrate_source::render(finding, &source)).collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
}
