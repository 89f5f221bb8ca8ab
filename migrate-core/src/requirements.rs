//! What must be so before anything is touched: the file, the connection, the build.

use std::collections::BTreeSet;
use std::path::Path;

use rusqlite::Connection;

use crate::engine::answer;
use crate::error::Error;
use crate::file;
use crate::session::attached;
use crate::set::{Origin, Set};

/// Refuses a file that SQLite would silently take over: not empty, and too short for a database.
///
/// Only its size is looked at: to open and close a live database file would drop the locks that this process holds.
pub(crate) fn size(conn: &Connection) -> Result<(), Error> {
    let Some(path) = file::path(conn) else { return Ok(()) };
    match std::fs::metadata(&path) {
        Ok(metadata) if (1..512).contains(&metadata.len()) => {
            Err(Error::NotADatabase { path: path.display().to_string(), source: None })
        }
        _ => Ok(()),
    }
}

/// Refuses an SQLite that is too old, a connection on which migrations could reach another database or could not be rolled
/// back, and one that lacks a declared function or collation.
pub(crate) fn connection(conn: &Connection, set: &Set) -> rusqlite::Result<Result<(), Error>> {
    let names: Vec<String> = attached(conn)?.iter().map(|name| format!("`{name}`")).collect();
    if !names.is_empty() {
        return Ok(Err(Error::Attached { names }));
    }
    if !can_roll_back(conn)? {
        return Ok(Err(Error::NoJournal));
    }
    if rusqlite::version_number() < set.options.min_sqlite {
        let needed = set.options.min_sqlite;
        return Ok(Err(Error::SqliteTooOld {
            found: rusqlite::version().to_owned(),
            needed: format!("{}.{}.{}", needed / 1_000_000, needed / 1000 % 1000, needed % 1000),
        }));
    }
    let mut missing = Vec::new();
    for function in set.options.functions.iter() {
        let sql = "SELECT count(*) FROM pragma_function_list WHERE name = ?1 COLLATE NOCASE AND narg IN (?2, -1)";
        let arguments = function.arguments;
        if !exists(conn, sql, (&function.name, arguments))? {
            missing.push(match arguments {
                -1 => format!("function `{}`", function.name),
                1 => format!("function `{}` with 1 argument", function.name),
                n => format!("function `{}` with {n} arguments", function.name),
            });
        }
    }
    for collation in set.options.collations.iter() {
        let sql = "SELECT count(*) FROM pragma_collation_list WHERE name = ?1 COLLATE NOCASE";
        if !exists(conn, sql, (collation,))? {
            missing.push(format!("collation `{collation}`"));
        }
    }
    Ok(if missing.is_empty() { Ok(()) } else { Err(Error::MissingFunction { missing }) })
}

/// Whether there is a journal.
pub(crate) fn can_roll_back(conn: &Connection) -> rusqlite::Result<bool> {
    let journal = conn.query_row("PRAGMA main.journal_mode", [], |row| row.get::<_, String>(0));
    Ok(answer(journal)?.is_none_or(|mode| !mode.eq_ignore_ascii_case("off")))
}

/// Whether the list has it; an SQLite built without these lists is given the benefit of the doubt.
fn exists(conn: &Connection, sql: &str, values: impl rusqlite::Params) -> rusqlite::Result<bool> {
    let count: Option<i64> = answer(conn.query_row(sql, values, |row| row.get(0)))?;
    Ok(count.is_none_or(|count| count > 0)
        || answer(conn.prepare("SELECT 1 FROM pragma_function_list, pragma_collation_list"))?.is_none())
}

/// Refuses to run with a list that is older than the directory it was made from, in debug builds.
///
/// A file that is added is invisible to the compiler. Nothing is said where the directory is absent (on a user's
/// machine) or where the executable is newer than it (it was built after the file came).
pub(crate) fn build(origin: &Origin) -> Result<(), Error> {
    let dir = Path::new(origin.dir.as_ref());
    let modified = |path: &Path| std::fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    let Some(changed) = modified(dir) else { return Ok(()) };
    let built = std::env::current_exe().ok().and_then(|executable| modified(&executable));
    if built.is_none_or(|built| built >= changed) {
        return Ok(());
    }
    let Ok(entries) = std::fs::read_dir(dir) else { return Ok(()) };
    let now: BTreeSet<String> =
        entries.filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned())).collect();
    let compiled: BTreeSet<String> = origin.entries.split_terminator('/').map(str::to_owned).collect();
    let counts = |name: &&String| {
        !name.starts_with('.')
            && (name.to_ascii_lowercase().ends_with(".sql")
                || **name == "migrate.toml"
                || dir.join(name).join("up.sql").exists())
    };
    let added: Vec<String> = now.difference(&compiled).filter(counts).cloned().collect();
    let removed: Vec<String> = compiled.difference(&now).cloned().collect();
    if added.is_empty() && removed.is_empty() {
        return Ok(());
    }
    Err(Error::StaleBuild { dir: dir.to_owned(), added, removed })
}
