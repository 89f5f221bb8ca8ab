//! `init`: what a package needs to begin.

use std::fs;
use std::path::Path;

use serde_json::json;

use super::new::words;
use super::write;
use crate::args::files::Init;
use crate::config::Config;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal::Terminal;

const FIRST: &str = "\
-- What is here runs once, on every database.
CREATE TABLE example (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL
);
";

pub(super) fn run(verb: &Init, config: &Config, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    let dir = &config.dir;
    if fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some()) {
        let message = format!("`{}` is not empty; nothing was written\nhelp: `new` adds a migration", dir.display());
        return Err(Failure::failed(message));
    }
    let first = dir.join(format!("001_{}.sql", words(&verb.name)?));
    fs::create_dir_all(dir).map_err(|error| Failure::failed(format!("`{}` cannot be made: {error}", dir.display())))?;
    write::new(&first, FIRST)?;
    let mut written = vec![first.display().to_string()];
    let name = in_package(config);
    let line = format!("println!(\"cargo::rerun-if-changed={name}\");");
    let mut missing = None;
    if let Some(package) = &config.package {
        let build = package.join("build.rs");
        match fs::read_to_string(&build) {
            Ok(text) if text.contains(&format!("rerun-if-changed={name}\"")) => {}
            Ok(_) => missing = Some((build.display().to_string(), line.clone())),
            Err(_) => {
                write::new(&build, &format!("fn main() {{\n    {line}\n}}\n"))?;
                written.push(build.display().to_string());
            }
        }
    }
    let call = format!("mod db {{\n    migrate::migrations!(\"{name}\");\n}}\n");
    if terminal.json {
        let value = json!({
            "version": 1,
            "verb": "init",
            "exit": Exit::Fine.word(),
            "written": written,
            "build_line": missing.map(|(_, line)| line),
            "macro_call": call,
        });
        terminal.value(&value)?;
        return Ok(Exit::Fine);
    }
    for path in &written {
        terminal.line(format_args!("{path}: written"))?;
    }
    if let Some((build, line)) = missing {
        terminal.note(format_args!(
            "\n`{build}` is there; let it print this too, so that Cargo notices new files:\n\n    {line}"
        ));
    }
    let call: String = call.lines().map(|line| format!("    {line}\n")).collect();
    let dependency = if depends(config) { "" } else { "add `migrate` to the [dependencies] of Cargo.toml, and " };
    terminal.note(format_args!(
        "\nNow {dependency}put this where the database is opened:\n\n{call}\n    let report = db::MIGRATIONS.run(&mut conn)?;"
    ));
    Ok(Exit::Fine)
}

/// Whether the package depends on `migrate` already, as far as a look at its lines tells.
fn depends(config: &Config) -> bool {
    let manifest = config.package.as_ref().map(|package| package.join("Cargo.toml"));
    let text = manifest.and_then(|manifest| fs::read_to_string(manifest).ok()).unwrap_or_default();
    let is_it = |line: &str| ["migrate ", "migrate=", "migrate."].iter().any(|start| line.starts_with(start));
    text.lines().any(|line| is_it(line.trim_start()) || line.contains("dependencies.migrate]"))
}

/// The directory as the macro wants it: relative to the package, with `/`.
fn in_package(config: &Config) -> String {
    let package = config.package.as_deref().unwrap_or(Path::new(""));
    let absolute = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let inside = |dir: &Path, package: &Path| dir.strip_prefix(package).ok().map(Path::to_owned);
    let package = if package.as_os_str().is_empty() { Path::new(".") } else { package };
    let dir = inside(&absolute(&config.dir), &absolute(package)).unwrap_or_else(|| config.dir.clone());
    let parts: Vec<String> = dir.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    parts.join("/")
}
