//! A Rust step is declared for a migration that does not exist, or `migrate.toml` speaks of a step that is not declared.
//!
//! Steps are named as the file, with or without `.sql`:
//!
//! ```text
//! after = { "004_split_names" => backfill::split_names },
//! ```

use migrate_source::{Finding, Subject, nearest};

use crate::facts::Facts;

pub(super) const ID: &str = "step-unknown";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let names = || facts.source.migrations.iter().map(|migration| migration.name.as_str());
    for (at, (name, index)) in facts.declared.steps.iter().zip(&facts.steps.indexes).enumerate() {
        if index.is_none() {
            let finding = Finding::error(ID, format!("no migration is called `{name}`"), Subject::Step(at));
            let stems = names().map(|name| name.strip_suffix(".sql").unwrap_or(name));
            findings.push(match nearest(name, stems.chain(names())) {
                Some(near) => finding.help(format!("write `{near}`")),
                None => finding.help("name a migration as its file is named, with or without `.sql`"),
            });
        }
    }
    for (step, index) in facts.steps.undeclared(facts.source) {
        let message = format!("no Rust step is declared for `{}`", facts.source.migrations[index].name);
        findings.push(
            Finding::error(ID, message, step.place.clone().into())
                .help("declare it with `after = { … }` in `migrations!`, or remove this entry"),
        );
    }
}
