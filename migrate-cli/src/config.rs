//! What is configured: `[package.metadata.migrate]` in Cargo.toml, and what the arguments say in its place.

use std::env;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use crate::args::files::Global;
use crate::failure::Failure;

/// Where things are.
#[derive(Debug)]
pub(crate) struct Config {
    /// The directory of migrations, as it is opened and shown.
    pub(crate) dir: PathBuf,
    /// The package's directory, where its Cargo.toml is; `None` without.
    pub(crate) package: Option<PathBuf>,
    /// What `database` says, to be read as an argument is; a path is joined to the package's directory.
    pub(crate) database: Option<String>,
}

const KEYS: [&str; 2] = ["dir", "database"];

impl Config {
    /// Looks for the nearest Cargo.toml upwards that has a package.
    pub(crate) fn find(global: &Global) -> Result<Config, Failure> {
        let here = env::current_dir().map_err(|error| Failure::failed(format!("no current directory: {error}")))?;
        let mut config = Config { dir: PathBuf::from("migrations"), package: None, database: None };
        for level in 0..here.components().count() {
            // Paths are shown as short as they can be.
            let package: PathBuf = (0..level).map(|_| "..").collect();
            if config.read(&package)? {
                break;
            }
        }
        config.dir = global.dir.clone().unwrap_or(config.dir);
        Ok(config)
    }

    /// The path of a directory's Cargo.toml is read, if there is one; the answer is whether it is a package's.
    fn read(&mut self, package: &Path) -> Result<bool, Failure> {
        let manifest = package.join("Cargo.toml");
        if !manifest.is_file() {
            return Ok(false);
        }
        let text = std::fs::read_to_string(&manifest)
            .map_err(|error| Failure::failed(format!("`{}` cannot be read: {error}", manifest.display())))?;
        let file = Manifest { path: &manifest, text: &text };
        let table = DeTable::parse(&text).map_err(|error| file.wrong(error.span().unwrap_or(0..0), error.message()))?;
        let Some(table) = table.get_ref().get("package").and_then(|value| value.get_ref().as_table()) else {
            return Ok(false);
        };
        self.dir = package.join("migrations");
        self.package = Some(package.to_owned());
        let Some(value) = table.get("metadata").and_then(|value| value.get_ref().as_table()?.get("migrate")) else {
            return Ok(true);
        };
        let Some(table) = value.get_ref().as_table() else {
            let help = "`package.metadata.migrate` is not a table\nhelp: write `[package.metadata.migrate]`, and the keys under it";
            return Err(file.wrong(value.span(), help));
        };
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        for (key, value) in entries {
            let name = key.get_ref().as_ref();
            if !KEYS.contains(&name) {
                let help = match migrate_source::nearest(name, KEYS) {
                    Some(near) => format!("write `{near}`"),
                    None => "write one of `dir`, `database`".to_owned(),
                };
                let message = format!("there is no key `{name}` in [package.metadata.migrate]\nhelp: {help}");
                return Err(file.wrong(key.span(), &message));
            }
            let DeValue::String(value_text) = value.get_ref() else {
                let message = format!("`{name}` is not a string\nhelp: write it in double quotes");
                return Err(file.wrong(value.span(), &message));
            };
            if value_text.trim().is_empty() {
                return Err(
                    file.wrong(value.span(), &format!("`{name}` is empty\nhelp: write a path, or leave it out"))
                );
            }
            match name {
                "dir" => self.dir = package.join(value_text.as_ref()),
                _ => self.database = Some(joined(package, value_text)),
            }
        }
        Ok(true)
    }
}

/// A path is relative to the package; so is the one in a URL.
fn joined(package: &Path, text: &str) -> String {
    let (scheme, path) = match text.strip_prefix("sqlite:") {
        Some(rest) => ("sqlite:", rest.strip_prefix("//").unwrap_or(rest)),
        None => ("", text),
    };
    format!("{scheme}{}", package.join(path).display())
}

/// A Cargo.toml.
struct Manifest<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Manifest<'_> {
    fn wrong(&self, span: Range<usize>, message: &str) -> Failure {
        let (line, column) = migrate_sql::line_column(self.text, span.start.min(self.text.len()));
        Failure::usage(format!("{}:{line}:{column}: {message}", self.path.display()))
    }
}
