//! What to say about an error of SQLite's, beyond its message.

mod syntax;

use migrate_core::__private::{Kind, Object, Script, Statement};
use migrate_source::{Finding, nearest};

use crate::facts::Facts;
use crate::place;
use crate::replay::{Incident, Known};
use crate::scripts::Which;
use crate::words::{altered, created, mentions, words};

/// An object as messages name it: ``index `idx_tags` ``.
pub(super) fn object(object: &Object) -> String {
    format!("{} `{}`", object.kind.word(), object.name)
}

/// The name that a message ends with, if it begins like this.
pub(super) fn named_by<'a>(message: &'a str, start: &str) -> Option<&'a str> {
    let (_, after) = message.split_once(start)?;
    let name = after.split(" - ").next().unwrap_or(after).trim();
    Some(name.trim_matches(['"', '`', '\'']))
}

/// Adds what is known to help.
pub(super) fn explain(
    finding: Finding,
    facts: &Facts<'_>,
    which: Which,
    incident: &Incident,
    message: &str,
) -> Finding {
    let Some(known) = &incident.known else { return finding };
    if let Some(help) = syntax::hint(facts, which, incident, message) {
        return finding.help(help);
    }
    let error = Error { facts, which, statement: &incident.statement, known };
    if let Some(after) = message.strip_prefix("error in ") {
        return error.in_object(finding, after);
    }
    for (start, kind) in [
        ("no such table: ", Kind::Table),
        ("no such view: ", Kind::View),
        ("no such index: ", Kind::Index),
        ("no such trigger: ", Kind::Trigger),
    ] {
        if let Some(name) = named_by(message, start) {
            let name = name.rsplit('.').next().unwrap_or(name);
            return error.no_such_object(finding, kind, name);
        }
    }
    if let Some(name) = named_by(message, "no such column: ").or_else(|| named_by(message, "has no column named ")) {
        return error.no_such_column(finding, name.rsplit('.').next().unwrap_or(name));
    }
    if let Some(name) = named_by(message, "no such function: ") {
        if let Some(help) = syntax::foreign_function(name) {
            return finding.help(help);
        }
        let fallback = format!("declare it in `migrate.toml`: functions = [{{ name = \"{name}\" }}]");
        let near = suggestion(name, known.functions.iter().map(String::as_str));
        return finding.help(near.unwrap_or(fallback));
    }
    if let Some(name) = named_by(message, "no such collation sequence: ") {
        return finding.help(format!("declare it in `migrate.toml`: collations = [\"{name}\"]"));
    }
    if named_by(message, "no such module: ").is_some() {
        return finding
            .note("the proof has the modules of the SQLite that is bundled with it, and no others")
            .help("leave the file out of the proof with `--! unproved: why`, and declare what it makes with `--! marker:` lines");
    }
    if message.contains("already exists") || message.contains("there is already") {
        return error.already_there(finding, message);
    }
    if message.contains("FOREIGN KEY constraint failed") {
        return finding.help("insert the row that is referred to first");
    }
    finding
}

struct Error<'a> {
    facts: &'a Facts<'a>,
    which: Which,
    statement: &'a Statement,
    known: &'a Known,
}

impl<'a> Error<'a> {
    fn no_such_object(&self, finding: Finding, kind: Kind, name: &str) -> Finding {
        if let Some((script, statement)) = self.find_before(|sql| removes(sql, name)) {
            let place = place::place(script, place::of_name(script, statement, name));
            return finding.label(place, "removed here").help(format!("do without `{name}`, or remove it later"));
        }
        if let Some((script, statement)) = self.find_after(|sql| makes(sql, kind, name)) {
            let place = place::place(script, place::of_name(script, statement, name));
            return finding.label(place, "made here, later").help("move this statement behind that one");
        }
        let kinds: &[&str] = if kind == Kind::Table { &["table", "view"] } else { &[kind.word()] };
        match (suggestion(name, self.known.of_kind(kinds)), self.which) {
            (Some(near), _) => finding.help(near),
            (None, Which::Up(_)) if kind == Kind::Table => {
                finding.help(format!("make `{name}` first; what is older than the migrations goes into `base.sql`"))
            }
            (None, _) => finding,
        }
    }

    /// `view bodies after drop column: …`: what was made before does not fit what the statement does.
    fn in_object(&self, finding: Finding, message: &str) -> Finding {
        let mut words = message.split_whitespace();
        let (Some(kind), Some(name)) = (words.next(), words.next()) else { return finding };
        let name = name.trim_end_matches(':');
        let made = |sql: &str| created(sql).is_some_and(|(k, n)| k.word() == kind && n.eq_ignore_ascii_case(name));
        // An index has nothing but its columns; a view or a trigger may do without one of them.
        let again = if kind == "index" {
            "if it has other columns, make it again without this one"
        } else {
            "and make it again after this"
        };
        let finding = finding.help(format!("drop {kind} `{name}` first, {again}"));
        match self.find_before(made) {
            Some((script, statement)) => {
                finding.label(place::place(script, place::of_name(script, statement, name)), "made here")
            }
            None => finding,
        }
    }

    fn no_such_column(&self, finding: Finding, name: &str) -> Finding {
        let columns = self.known.columns.iter().map(|(_, column)| column.as_str());
        if let Some(near) = suggestion(name, columns) {
            return finding.help(near);
        }
        if let Some((script, statement)) = self.find_after(|sql| adds_column(sql, name)) {
            let place = place::place(script, place::of_name(script, statement, name));
            return finding.label(place, "added here, later").help("move this statement behind that one");
        }
        let mut columns: Vec<String> =
            self.known.columns.iter().map(|(table, column)| format!("`{table}.{column}`")).collect();
        columns.truncate(12);
        if columns.is_empty() { finding } else { finding.note(format!("there are {}", columns.join(", "))) }
    }

    fn already_there(&self, finding: Finding, message: &str) -> Finding {
        let names = place::names(message);
        let made =
            |sql: &str| created(sql).is_some_and(|(_, name)| names.iter().any(|n| n.eq_ignore_ascii_case(&name)));
        match self.find_before(made) {
            Some((script, statement)) => {
                let name = created(script.text(statement)).map_or_else(String::new, |(_, name)| name);
                let place = place::place(script, place::of_name(script, statement, &name));
                finding.label(place, "made here").help("remove one of the two")
            }
            None => finding,
        }
    }

    /// The last statement before the one that failed of which something is true.
    fn find_before(&self, wanted: impl Fn(&str) -> bool) -> Option<(&'a Script, &'a Statement)> {
        self.around(true).into_iter().rev().find(|(script, statement)| wanted(script.text(statement)))
    }

    /// The first statement after the one that failed of which something is true.
    fn find_after(&self, wanted: impl Fn(&str) -> bool) -> Option<(&'a Script, &'a Statement)> {
        self.around(false).into_iter().find(|(script, statement)| wanted(script.text(statement)))
    }

    /// The statements before or after the one that failed, in the order in which they run.
    fn around(&self, before: bool) -> Vec<(&'a Script, &'a Statement)> {
        let scripts: Vec<(Which, &Script)> = match (self.which, self.facts.scripts.get(self.which)) {
            (Which::Schema | Which::Down(_) | Which::Witness(_), Some(script)) => vec![(self.which, script)],
            _ => self.facts.scripts.upwards().collect(),
        };
        let here = scripts.iter().position(|(which, _)| *which == self.which).unwrap_or(0);
        let side = |script: usize, start: u32| (script, start) < (here, self.statement.start);
        let all = scripts
            .into_iter()
            .enumerate()
            .flat_map(|(at, (_, script))| script.statements.iter().map(move |statement| (at, script, statement)));
        let other = |at: usize, start: u32| (at, start) != (here, self.statement.start);
        all.filter(|(at, _, s)| other(*at, s.start) && side(*at, s.start) == before).map(|(_, a, b)| (a, b)).collect()
    }
}

fn suggestion<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<String> {
    // What is spelt right already is not what was meant.
    let near = nearest(name, candidates.filter(|candidate| !candidate.eq_ignore_ascii_case(name)))?;
    Some(format!("write `{near}`"))
}

fn makes(sql: &str, kind: Kind, name: &str) -> bool {
    let fits = |made: Kind| made == kind || (kind == Kind::Table && made == Kind::View);
    created(sql).is_some_and(|(made, as_)| fits(made) && as_.eq_ignore_ascii_case(name))
}

/// `DROP … name`, and `ALTER TABLE name RENAME TO …`.
fn removes(sql: &str, name: &str) -> bool {
    let words = words(sql);
    let first = |word: &str| words.first().is_some_and(|first| first.is_word(word));
    let renames = || words.windows(2).any(|pair| pair[0].is_word("RENAME") && pair[1].is_word("TO"));
    (first("DROP") && mentions(sql, name))
        || (first("ALTER") && renames() && altered(sql).is_some_and(|table| table.eq_ignore_ascii_case(name)))
}

fn adds_column(sql: &str, name: &str) -> bool {
    let words = words(sql);
    let add = words.iter().position(|word| word.is_word("ADD"));
    let column = add.map(|add| if words.get(add + 1).is_some_and(|w| w.is_word("COLUMN")) { add + 2 } else { add + 1 });
    let found = column.and_then(|column| words.get(column)?.name());
    words.first().is_some_and(|first| first.is_word("ALTER"))
        && found.is_some_and(|found| found.eq_ignore_ascii_case(name))
}
