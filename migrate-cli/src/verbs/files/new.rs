//! `new`: the next migration's file, numbered and named as the directory's newest is.

use std::fs::{self, File};
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use migrate_source::{Finding, Listing, Migration, Source, parse};
use serde_json::json;

use super::{diff, write};
use crate::args::files::New;
use crate::config::Config;
use crate::directory;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal::Terminal;

pub(super) fn run(verb: &New, config: &Config, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    let dir = config.dir.display();
    if !config.dir.is_dir() {
        return Err(Failure::failed(format!(
            "there is no directory `{dir}`\nhelp: `init` makes it, `--dir` names another"
        )));
    }
    let (listing, source) = directory::listing(config)?;
    let stem = stem(&listing, &source, &words(&verb.name)?)?;
    let mut files = files(&source, &stem, &verb.name.join(" "), verb.down);
    refuse_taken(&listing, &files)?;
    if let Some(table) = &verb.rebuild {
        let sql = diff::rebuild(&source, table, terminal)?;
        if let Some((_, text)) = files.first_mut() {
            *text = diff::framed(text, &sql);
        }
    }
    let mut written = Vec::new();
    for (name, text) in files {
        let path = name.iter().fold(config.dir.clone(), |path, part| path.join(part));
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)
                .map_err(|error| Failure::failed(format!("`{}` cannot be made: {error}", parent.display())))?;
        }
        write::new(&path, &text)?;
        written.push(path.display().to_string());
    }
    touch(&source);
    for path in &written {
        terminal.say(format_args!("{path}: written"))?;
    }
    if terminal.json {
        terminal.value(&json!({ "version": 1, "verb": "new", "exit": Exit::Fine.word(), "written": written }))?;
    }
    Ok(Exit::Fine)
}

/// `Add tags!` as `add_tags`.
pub(super) fn words(name: &[String]) -> Result<String, Failure> {
    let joined = name.join("_").to_lowercase();
    let mapped: String = joined.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
    let words: Vec<&str> = mapped.split('_').filter(|word| !word.is_empty()).collect();
    if words.is_empty() {
        return Err(Failure::usage("the name has no letter or digit\nhelp: say what the migration does: `add tags`"));
    }
    Ok(words.join("_"))
}

/// The name without its extension: the number after the newest one, written as that one is.
pub(super) fn stem(listing: &Listing, source: &Source, words: &str) -> Result<String, Failure> {
    if let Some(mixed) = parse(listing).1.iter().find(|finding| finding.id == "mixed-names") {
        let (message, helps) = (&mixed.message, helps(mixed));
        return Err(Failure::usage(format!("the next name cannot be told: {message}; nothing was written\n{helps}")));
    }
    let Some(newest) = source.migrations.last() else { return Ok(format!("001_{words}")) };
    let flyway = newest.name.starts_with('V') && newest.number.is_some();
    let (letter, gap) = if flyway { ("V", "__") } else { ("", "_") };
    let rest = newest.name.strip_prefix(letter).unwrap_or(&newest.name);
    let end = rest.bytes().position(|byte| !byte.is_ascii_digit() && !b"-.".contains(&byte)).unwrap_or(rest.len());
    // What separates the number from the words is no part of it.
    let digits = rest[..end].trim_end_matches(['-', '.']);
    // `2-add_tags/up.sql` is a name of rusqlite_migration, which reads no other; a file is not named so.
    let is_dashed = newest.up.shown.ends_with("/up.sql") && rest[digits.len()..].starts_with('-');
    let gap = if is_dashed { "-" } else { gap };
    if newest.number.is_none() {
        if source.migrations.iter().any(|migration| migration.stem().eq_ignore_ascii_case(words)) {
            return Err(Failure::usage(format!(
                "a migration `{words}` is there already; nothing was written\nhelp: say in other words what it does"
            )));
        }
        return after_its_name(newest, words);
    }
    if let Some(format) = time_format(digits) {
        return Ok(format!("{letter}{}{gap}{words}", now(format, digits)?));
    }
    let whole = digits.split(['.', '-']).next().unwrap_or_default();
    let number = whole.parse::<u128>().ok().and_then(|number| number.checked_add(1));
    let number = number.ok_or_else(|| {
        Failure::usage(format!("`{}` has a number that nothing can follow\nhelp: write the file by hand", newest.name))
    })?;
    Ok(format!("{letter}{number:0width$}{gap}{words}", width = whole.len()))
}

/// What would be wrong with the names once the files are there, and is not before.
const NAMES: [&str; 5] = ["variant-collision", "duplicate-name", "duplicate-number", "mixed-names", "near-miss-name"];

/// Refuses names that cannot stand beside those that are there: of one `Version`, or the same but for case.
pub(super) fn refuse_taken(listing: &Listing, files: &[(Parts, String)]) -> Result<(), Failure> {
    let wrong = |listing: &Listing| -> Vec<Finding> {
        let (_, findings) = parse(listing);
        findings.into_iter().filter(|finding| NAMES.contains(&finding.id)).collect()
    };
    let before = wrong(listing);
    let with = files.iter().fold(listing.clone(), |listing, (parts, _)| listing.with(parts.join("/"), "SELECT 1;"));
    let Some(finding) = wrong(&with).into_iter().find(|finding| !before.contains(finding)) else { return Ok(()) };
    let help = match finding.id {
        "variant-collision" => "help: say in other words what it does".to_owned(),
        _ => helps(&finding),
    };
    Err(Failure::usage(format!("{}; nothing was written\n{help}", finding.message)))
}

fn helps(finding: &Finding) -> String {
    finding.help.iter().map(|help| format!("help: {help}")).collect::<Vec<_>>().join("\n")
}

/// Without numbers, names run in the order of their bytes.
fn after_its_name(newest: &Migration, words: &str) -> Result<String, Failure> {
    if words > newest.stem() {
        return Ok(words.to_owned());
    }
    Err(Failure::usage(format!(
        "`{words}` would run before `{}`: without numbers, names run in their own order; nothing was written\nhelp: \
         choose a name that comes after it",
        newest.stem()
    )))
}

/// How a number that is a time is written; `None` for one that counts.
fn time_format(digits: &str) -> Option<&'static str> {
    let is_date = digits.starts_with("20") || digits.starts_with("19");
    match digits.len() {
        14 if is_date => Some("%Y%m%d%H%M%S"),
        12 if is_date => Some("%Y%m%d%H%M"),
        8 if is_date => Some("%Y%m%d"),
        10 if digits.contains('-') => Some("%Y-%m-%d"),
        17 if digits.contains('-') => Some("%Y-%m-%d-%H%M%S"),
        10 if digits.starts_with('1') => Some("%s"),
        _ => None,
    }
}

/// Now, in UTC; or just after the newest one, if that is in the future.
fn now(format: &str, newest: &str) -> Result<String, Failure> {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let conn = migrate_core::rusqlite::Connection::open_in_memory();
    let sql = "SELECT strftime(?1, ?2, 'unixepoch')";
    let now = conn.and_then(|conn| conn.query_row(sql, (format, seconds.cast_signed()), |row| row.get::<_, String>(0)));
    let now = now.map_err(|error| Failure::failed(format!("the time cannot be told: {error}")))?;
    if now.as_str() > newest {
        return Ok(now);
    }
    let next = newest.parse::<u128>().ok().map(|number| (number + 1).to_string());
    next.ok_or_else(|| {
        Failure::usage(format!("a migration of `{newest}` is there already\nhelp: write the file by hand"))
    })
}

pub(super) type Parts = Vec<String>;

/// The files to be written, in the layout of the newest migration: path below the directory, text.
pub(super) fn files(source: &Source, stem: &str, title: &str, down: bool) -> Vec<(Parts, String)> {
    let newest = source.migrations.last();
    let shown = newest.map_or("", |newest| newest.up.shown.as_str());
    let text = newest.map_or("", |newest| newest.up.text.as_str());
    let (up, back) = (format!("-- {title}\n"), format!("-- takes back: {title}\n"));
    let marks = |up: &str, down: &str| format!("{up}\n\n{down}\n");
    if text.contains("-- +goose Up") {
        return vec![(vec![format!("{stem}.sql")], marks("-- +goose Up", "-- +goose Down"))];
    }
    if text.contains("-- migrate:up") {
        return vec![(vec![format!("{stem}.sql")], marks("-- migrate:up", "-- migrate:down"))];
    }
    let (up_path, down_path) = if shown.ends_with("/up.sql") {
        (vec![stem.to_owned(), "up.sql".to_owned()], vec![stem.to_owned(), "down.sql".to_owned()])
    } else if shown.ends_with(".up.sql") {
        (vec![format!("{stem}.up.sql")], vec![format!("{stem}.down.sql")])
    } else {
        (vec![format!("{stem}.sql")], vec![format!("{stem}.down.sql")])
    };
    let mut files = vec![(up_path, up)];
    if down {
        files.push((down_path, back));
    }
    files
}

/// A file that is added is invisible to Cargo; one that is compiled in and newer is not.
pub(super) fn touch(source: &Source) {
    let paths: Vec<&PathBuf> = source.files.iter().map(|file| &file.path).collect();
    // The oldest migration is certainly compiled in already. If it cannot be touched, the next build says what to do.
    if let Some(file) = paths.first().and_then(|path| File::options().append(true).open(path).ok()) {
        let _ = file.set_modified(SystemTime::now());
    }
}
