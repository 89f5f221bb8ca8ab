//! The server that `target` in `migrate.toml` names would refuse this, or do something else.
//!
//! The proof runs on SQLite itself, and a server that speaks its dialect does not take all of it. What is known of each:
//!
//! `sqld` (libSQL's server, which Turso runs; tried with 0.24.32, that is SQLite 3.45.1) sends each migration as one
//! transaction. It refuses `ANALYZE`, `VACUUM`, every `PRAGMA` that sets something but `user_version`, `foreign_keys` and
//! `defer_foreign_keys`, an `ORDER BY` within an aggregate, and what SQLite has had only since after 3.45.1.
//!
//! `rqlite` (tried with 8.26.8, that is SQLite 3.45.1; say in `min_sqlite` which one yours has) runs each statement on every node
//! anew: what the clock or chance decides is another thing on each of them, in rows and in definitions alike. A setting stays on
//! the connection that all requests share. Foreign keys are as the nodes were started, and migrations need them off, as is the
//! default: `--! foreign_keys: on` is refused here, and nodes with `-fk` are by the run.
//!
//! `d1` (tried with workerd 1.20260426, which runs it; that is SQLite 3.47) keeps foreign keys on whatever a migration says, so that
//! dropping a table that others refer to deletes their rows. It has neither `VACUUM` nor virtual tables other than those of FTS5,
//! lacks some functions, takes only some pragmas, and no statement above 100,000 bytes.
//!
//! None of them has the functions and collations that your application registers, nor runs its Rust steps.

mod d1;
mod rqlite;
mod sqld;

use migrate_core::__private::{Kind, Script};
use migrate_source::{Finding, Subject, Target};

use crate::acts::{Act, Said};
use crate::facts::Facts;
use crate::place;

pub(super) const ID: &str = "refused-by-target";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let target = facts.source.config.target;
    if target == Target::Sqlite {
        return;
    }
    for migration in &facts.source.migrations {
        let Some(place) = &migration.directives.no_transaction else { continue };
        let message = format!("{} runs each migration in a transaction", target.name());
        let help = "leave out what needs to run without: a server looks after its files itself";
        findings.push(Finding::error(ID, message, Subject::Place(place.clone())).help(help));
    }
    // It has no switch for it, and the groups of other migrations, and a fresh database, need them off.
    for migration in facts.source.migrations.iter().filter(|_| target == Target::Rqlite) {
        let Some(place) = &migration.directives.foreign_keys_on else { continue };
        let message = "nodes of rqlite have foreign keys off, and this migration asks for them".to_owned();
        let help = "leave it out, and write what would cascade as statements of your own: before the commit every foreign key is checked";
        findings.push(Finding::error(ID, message, Subject::Place(place.clone())).help(help));
    }
    for step in &facts.source.config.steps {
        let message = format!("the Rust step of `{}` cannot run on {}", step.migration, target.name());
        let help = "write it as SQL, or as a program that runs after the migrations";
        findings.push(Finding::error(ID, message, Subject::Place(step.place.clone())).help(help));
    }
    facts.statements().for_each(|said| statement(facts, said, findings));
    let others: Vec<&Script> = facts.scripts.base.iter().chain(&facts.scripts.schema).collect();
    for script in others {
        Said::all(script).iter().for_each(|said| statement(facts, said, findings));
    }
}

/// What is wrong with a statement, where: which of its words, and what to write instead.
struct Refused {
    at: usize,
    message: String,
    help: String,
}

fn statement(facts: &Facts<'_>, said: &Said<'_>, findings: &mut Vec<Finding>) {
    let target = facts.source.config.target;
    let of_target = match target {
        Target::Sqld => sqld::refused(said),
        Target::Rqlite => rqlite::refused(said),
        Target::D1 => dropped_parent(facts, said).or_else(|| d1::refused(said)),
        Target::Sqlite => None,
    };
    for refused in of_target.into_iter().chain(of_application(facts, said)) {
        let place = place::subject(said.script, said.span(refused.at..refused.at + 1));
        findings.push(Finding::error(ID, refused.message, place).help(refused.help));
    }
}

/// A table that others refer to is dropped, on d1, where foreign keys stay on.
fn dropped_parent(facts: &Facts<'_>, said: &Said<'_>) -> Option<Refused> {
    let Act::Drop { kind: Kind::Table, name } = &said.act else { return None };
    let refers = |other: &Said<'_>| {
        let is_self = other.table().is_some_and(|table| table.is(&name.text));
        let mut pairs = other.words.windows(2);
        !is_self && pairs.any(|pair| pair[0].is_word("REFERENCES") && pair[1].name().is_some_and(|it| name.is(&it)))
    };
    if !facts.statements().any(refers) {
        return None;
    }
    Some(Refused {
        at: name.at,
        message: format!("d1 cannot drop `{}` with foreign keys off, and other tables refer to it", name.text),
        help: "keep the table, and change it with `ALTER TABLE`".to_owned(),
    })
}

/// The name of a pragma that sets or does something, and is not one of these.
fn pragma(said: &Said<'_>, taken: &[&str]) -> Option<usize> {
    const DO: [&str; 4] = ["optimize", "wal_checkpoint", "incremental_vacuum", "shrink_memory"];
    // `PRAGMA table_info(notes)` only tells.
    const TELL: [&str; 17] = [
        "collation_list",
        "compile_options",
        "data_version",
        "database_list",
        "foreign_key_check",
        "foreign_key_list",
        "freelist_count",
        "function_list",
        "index_info",
        "index_list",
        "index_xinfo",
        "integrity_check",
        "module_list",
        "page_count",
        "quick_check",
        "table_info",
        "table_xinfo",
    ];
    let at = pragma_name(said)?;
    let is_one = |names: &[&str]| names.iter().any(|it| said.words[at].is_word(it));
    let sets = said.words.get(at + 1).is_some_and(|word| word.text == "=" || word.text == "(") && !is_one(&TELL);
    ((sets || is_one(&DO)) && !is_one(taken)).then_some(at)
}

/// Where the name of a pragma stands: `PRAGMA name`, `PRAGMA main.name`.
fn pragma_name(said: &Said<'_>) -> Option<usize> {
    said.words.first().filter(|word| word.is_word("PRAGMA"))?;
    let at = if said.words.get(2).is_some_and(|word| word.text == ".") { 3 } else { 1 };
    (at < said.words.len()).then_some(at)
}

/// Where one of these functions is called first.
fn called(said: &Said<'_>, functions: &[&str]) -> Option<usize> {
    let is_called = |at: usize| {
        let opens = said.words.get(at + 1).is_some_and(|next| next.text == "(");
        opens && functions.iter().any(|name| said.words[at].is_word(name))
    };
    (0..said.words.len()).find(|&at| is_called(at))
}

/// A function or a collation that only the application has.
fn of_application(facts: &Facts<'_>, said: &Said<'_>) -> Option<Refused> {
    let (config, target) = (&facts.source.config, facts.source.config.target.name());
    let declared = |at: usize| {
        let next = |text: &str| said.words.get(at + 1).is_some_and(|word| word.text == text);
        let is_called = |name: &str| said.words[at].is_word(name) && next("(");
        if let Some(function) = config.functions.iter().find(|function| is_called(&function.name)) {
            return Some(format!("the function `{}`", function.name));
        }
        let named = said.words.get(at + 1).filter(|_| said.words[at].is_word("COLLATE"))?.name()?;
        let collation = config.collations.iter().find(|name| name.eq_ignore_ascii_case(&named))?;
        Some(format!("the collation `{collation}`"))
    };
    let (at, what) = (0..said.words.len()).find_map(|at| Some((at, declared(at)?)))?;
    let message = format!("{what} is registered by the application, and {target} does not have it");
    Some(Refused { at, message, help: "write it with what SQLite has".to_owned() })
}
