//! A subdirectory: one migration, or a mistake.

use std::collections::BTreeMap;

use crate::finding::{Finding, Subject};
use crate::ids;
use crate::layout::{Parts, near_miss, unreadable};
use crate::listing::{Content, Listing};
use crate::name::{self, Part, Problem};
use crate::nearest::nearest;
use crate::stem;

/// Adds the scripts of a directory to the migration that it is named after.
///
/// A directory without any `.sql` file is none of our business (drizzle keeps snapshots in `meta`), unless it is named
/// like a migration.
pub(crate) fn arrange(
    listing: &Listing,
    name: &str,
    content: &Content,
    stems: &mut BTreeMap<String, Parts>,
    findings: &mut Vec<Finding>,
) {
    if let Content::Closed(reason) = content {
        findings.push(unreadable(listing, name, reason));
        return;
    }
    if let Some(front) = name::without_extension(name) {
        let help = format!("rename it to `{front}` if it holds `up.sql`, or make it a file");
        findings.push(near_miss(listing, name, Problem::new("is a directory, and named like a file", help)));
        return;
    }
    if name == "migrate.toml" {
        let help = "make it a file, or move it out of the directory";
        findings.push(near_miss(listing, name, Problem::new("is a directory", help)));
        return;
    }
    let scripts: Vec<&str> = scripts(listing, name).collect();
    let parsed = stem::of_directory(name);
    if !scripts.iter().any(|script| name::without_extension(script).is_some() && part(script).is_some()) {
        findings.extend(no_script(listing, name, &scripts, parsed.number.is_some() && parsed.problem.is_none()));
        return;
    }
    if ["base", "schema"].contains(&name) {
        let help = format!("write `{name}.sql`, a file");
        findings.push(near_miss(listing, name, Problem::new("is a directory", help)));
        return;
    }
    if let Some(wrong) = parsed.problem {
        let help = wrong.better.map_or(wrong.help, |better| format!("rename it to `{better}`"));
        findings.push(near_miss(listing, name, Problem::new(wrong.fact, help)));
    }
    let parts = stems.entry(name.to_owned()).or_default();
    let path = |file: &str| format!("{name}/{file}");
    let metadata = listing.entries.contains_key(&path("metadata.toml")).then_some("metadata.toml");
    for file in scripts.iter().copied().chain(metadata) {
        if let Some(Content::Unreadable(reason)) = listing.entries.get(&path(file)) {
            findings.push(unreadable(listing, &path(file), reason));
        }
    }
    parts.metadata = metadata.map(path);
    for script in scripts {
        match part(script) {
            Some(part) => parts.add(part, &path(script), listing, findings),
            None => findings.push(near_miss(listing, &path(script), foreign(script))),
        }
    }
}

/// The `.sql` files in a directory, relative to it, however deep.
fn scripts<'a>(listing: &'a Listing, name: &str) -> impl Iterator<Item = &'a str> {
    let prefix = format!("{name}/");
    listing.entries.iter().filter_map(move |(path, content)| {
        let inner = path.strip_prefix(&prefix)?;
        let skipped = matches!(content, Content::Directory) || inner.split('/').any(name::is_left_over);
        (!skipped && name::without_extension(inner).is_some()).then_some(inner)
    })
}

fn part(script: &str) -> Option<Part> {
    match script {
        "up.sql" => Some(Part::Up),
        "down.sql" => Some(Part::Down),
        "witness.sql" => Some(Part::Witness),
        _ => None,
    }
}

/// What is wrong with a file in the directory of a migration.
fn foreign(script: &str) -> Problem {
    let fact = "is none of `up.sql`, `down.sql` and `witness.sql`";
    match nearest(script, ["up.sql", "down.sql", "witness.sql"]) {
        Some(better) => Problem::new(fact, format!("rename it to `{better}`")),
        None => Problem::new(fact, "move it out of the directory of the migration"),
    }
}

/// What is wrong with a directory that has no script of a migration.
fn no_script(listing: &Listing, name: &str, scripts: &[&str], is_migration: bool) -> Option<Finding> {
    let finding = |message: String, help: String| {
        Some(Finding::error(ids::UNEXPECTED_DIRECTORY, message, Subject::File(listing.shown(name))).help(help))
    };
    match scripts {
        [] if is_migration => finding(
            format!("`{name}` is a directory named like a migration, and holds no `up.sql`"),
            format!("write `{name}/up.sql`, or remove the directory"),
        ),
        [] => None,
        [only] if is_migration && !only.contains('/') => finding(
            format!("`{name}` is a directory named like a migration, and holds `{only}` instead of `up.sql`"),
            format!("rename `{name}/{only}` to `{name}/up.sql`"),
        ),
        [first, ..] => finding(
            format!("`{name}` holds `.sql` files, such as `{first}`, and is not the directory of a migration"),
            format!(
                "move them up if they are migrations, or name `{}` in place of `{}`",
                listing.shown(name),
                listing.shown
            ),
        ),
    }
}
