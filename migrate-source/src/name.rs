//! What a file is, by its name.

use crate::nearest::nearest;
use crate::stem;

/// What a file in the directory is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role<'a> {
    /// `migrate.toml`
    Config,
    /// `migrations.lock`, `proof.lock`
    Lock,
    /// `base.sql`
    Base,
    /// `schema.sql`
    Schema,
    /// A script of the migration with this stem: `002_add_tags` of `002_add_tags.down.sql`.
    Script(Part, &'a str),
    /// Nothing that could be taken for a migration.
    Other,
    /// Nearly something: only the problem is known.
    Unclear,
}

/// Which script of a migration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Up,
    Down,
    Witness,
}

impl Part {
    /// What stands before `.sql`.
    fn suffix(self) -> &'static str {
        match self {
            Part::Up => ".up",
            Part::Down => ".down",
            Part::Witness => ".witness",
        }
    }
}

/// What is wrong with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// What follows the name in the message: `has no underscore after its number`.
    pub(crate) fact: String,
    pub(crate) help: String,
}

impl Problem {
    pub(crate) fn new(fact: impl Into<String>, help: impl Into<String>) -> Problem {
        Problem { fact: fact.into(), help: help.into() }
    }

    fn rename(fact: impl Into<String>, better: &str) -> Problem {
        Problem::new(fact, format!("rename it to `{better}`"))
    }
}

/// The role of a file directly in the directory, and what is wrong with its name.
pub(crate) fn role(name: &str) -> (Role<'_>, Option<Problem>) {
    if is_left_over(name) {
        return (Role::Other, None);
    }
    match name {
        "migrate.toml" => return (Role::Config, None),
        "migrations.lock" | "proof.lock" | "squashed.lock" => return (Role::Lock, None),
        "base.sql" => return (Role::Base, None),
        "schema.sql" => return (Role::Schema, None),
        _ => {}
    }
    let lower = name.to_ascii_lowercase();
    if let Some(exact) = SPECIAL.iter().find(|special| **special == lower) {
        return (Role::Unclear, Some(Problem::rename("differs from a known name in its case", exact)));
    }
    if let Some(stem) = without_extension(name) {
        return script(name, stem);
    }
    match not_sql(name, &lower) {
        Some(problem) => (Role::Unclear, Some(problem)),
        None => (Role::Other, None),
    }
}

const SPECIAL: [&str; 6] = ["migrate.toml", "migrations.lock", "proof.lock", "squashed.lock", "base.sql", "schema.sql"];

/// Whether it is what an editor, a merge or the system leaves behind, or a dot file.
pub(crate) fn is_left_over(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let endings =
        [".swp", ".swo", ".swn", ".swx", ".bak", ".orig", ".rej", ".tmp", "~", "___jb_tmp___", "___jb_old___"];
    name.starts_with('.')
        || name.starts_with("~$")
        || (name.len() > 1 && name.starts_with('#') && name.ends_with('#'))
        || endings.iter().any(|ending| lower.ends_with(ending))
}

/// Whether a file of this relative path is opened.
pub(crate) fn is_read(path: &str) -> bool {
    match path.split_once('/') {
        None => !matches!(role(path).0, Role::Other | Role::Unclear),
        Some((_, inner)) => matches!(inner, "up.sql" | "down.sql" | "witness.sql" | "metadata.toml"),
    }
}

/// A name without `.sql`, in any case.
pub(crate) fn without_extension(name: &str) -> Option<&str> {
    let at = name.len().checked_sub(4)?;
    (name.is_char_boundary(at) && name[at..].eq_ignore_ascii_case(".sql")).then(|| &name[..at])
}

/// The role of a file that ends in `.sql`, in any case.
fn script<'n>(name: &str, stem: &'n str) -> (Role<'n>, Option<Problem>) {
    let (part, front, misspelt) = match suffix(stem) {
        Ok(found) => found,
        Err(problem) => return (Role::Unclear, Some(problem)),
    };
    if let Some(problem) = reserved(front, part) {
        return (Role::Unclear, Some(problem));
    }
    let extension = (!name.ends_with(".sql")).then(|| "does not end in lower-case `.sql`".to_owned());
    let mut facts = [extension, misspelt, None];
    let mut better = front.to_owned();
    if let Some(wrong) = stem::parse(front).problem {
        match wrong.better {
            Some(stem) => better = stem,
            None => return (Role::Unclear, Some(Problem::new(wrong.fact, wrong.help))),
        }
        facts[2] = Some(wrong.fact);
    }
    if front.len() < stem.len() {
        better.push_str(part.suffix());
    }
    let problem = facts.into_iter().flatten().next().map(|fact| Problem::rename(fact, &format!("{better}.sql")));
    (Role::Script(part, front), problem)
}

/// Which script it is, by what stands before `.sql`; the stem without that; and what is wrong, if it is misspelt.
fn suffix(stem: &str) -> Result<(Part, &str, Option<String>), Problem> {
    let parts = [Part::Up, Part::Down, Part::Witness];
    let Some((front, suffix)) = stem.rsplit_once('.') else { return Ok((Part::Up, stem, None)) };
    if let Some(part) = parts.into_iter().find(|part| part.suffix()[1..] == *suffix) {
        return Ok((part, front, None));
    }
    // `001_release_1.4.sql` is a name with a full stop in it, `001_x.undo.sql` is something that we do not know.
    if front.is_empty() || suffix.is_empty() || !suffix.chars().all(char::is_alphabetic) {
        return Ok((Part::Up, stem, None));
    }
    let fact = format!("ends in `.{suffix}.sql`, which is none of `.up.sql`, `.down.sql` and `.witness.sql`");
    let near = nearest(suffix, parts.map(|part| &part.suffix()[1..]));
    match parts.into_iter().find(|part| Some(&part.suffix()[1..]) == near) {
        Some(part) => Ok((part, front, Some(fact))),
        None => {
            let better = format!("{front}_{suffix}.sql");
            let help = format!("rename it to `{better}` if it is a migration, or move it out of the directory");
            Err(Problem::new(fact, help))
        }
    }
}

/// Stems that a migration cannot have.
fn reserved(stem: &str, part: Part) -> Option<Problem> {
    match stem {
        "up" | "down" | "witness" if part == Part::Up => Some(Problem::new(
            "is a script of one migration, whose name is that of its directory",
            "name the directory above this one, or move the file into a directory of its own",
        )),
        "base" | "schema" => Some(Problem::new(
            format!("belongs to `{stem}.sql`, which is not a migration"),
            "remove it, or give it the name of a migration",
        )),
        _ => None,
    }
}

/// What is wrong with a file that does not end in `.sql`, if it could be meant to.
fn not_sql(name: &str, lower: &str) -> Option<Problem> {
    let leave = |better: &str| format!("rename it to `{better}`, or move it out of the directory");
    if let Some(at) = lower.find(".sql.") {
        return Some(Problem::new("has an extension after `.sql`", leave(&name[..at + 4])));
    }
    if (lower.starts_with("migrat") || lower.starts_with("proof"))
        && let Some(special) = SPECIAL[..3].iter().find(|special| strsim::osa_distance(lower, special) <= 3)
    {
        return Some(Problem::rename("is nearly the name of a file that is read", special));
    }
    let (front, extension) = lower.rsplit_once('.').unwrap_or((lower, ""));
    let better = format!("{}.sql", &name[..front.len()]);
    if strsim::osa_distance(extension, "sql") <= 1 {
        return Some(Problem::new("does not end in `.sql`", leave(&better)));
    }
    if stem::parse(front).number.is_none() || !front.contains('_') {
        return None;
    }
    match extension {
        "" | "txt" => Some(Problem::new("does not end in `.sql`", leave(&better))),
        "rs" => Some(Problem::new(
            "is a migration in Rust, and only SQL is read",
            "write its SQL in a file, and bind its Rust with `after = { … }` in `migrations!`",
        )),
        "go" | "js" | "mjs" | "cjs" | "ts" | "py" | "rb" | "php" | "sh" | "lua" => {
            Some(Problem::new("is not SQL", "write it as SQL, or move it out of the directory"))
        }
        _ => None,
    }
}
