//! The files of one migration become a migration.

use toml::de::DeTable;

use crate::checksum;
use crate::directive;
use crate::finding::{Finding, Place};
use crate::ids;
use crate::layout::Draft;
use crate::script;
use crate::section;
use crate::source::{Migration, Script};
use crate::text::{File, Texts};

/// Reads a migration. One whose text could not be read has no statements, so that its name is known all the same.
pub(crate) fn parse(draft: &Draft, texts: &mut Texts<'_>, findings: &mut Vec<Finding>) -> Migration {
    let missing = || File { shown: draft.up.clone(), text: String::new(), sound: false };
    let file = texts.open(&draft.up, findings).unwrap_or_else(missing);
    script::check(&file, findings);
    let sections = section::divide(&file, findings);
    let mut directives = directive::parse(&file, findings);
    let before = findings.len();
    let up = script::cut(&file, sections.up.clone(), findings);
    if up.statements.is_empty() && file.sound && script::terminated(&file) && findings.len() == before {
        let finding = script::empty(&file, sections.up, ids::EMPTY_MIGRATION, "migration");
        findings.push(finding.help("write its statements, or `SELECT 1;` if all it does is a Rust step"));
    }
    if directives.no_transaction.is_none() {
        let metadata = draft.metadata.as_ref().and_then(|name| texts.open(name, findings));
        directives.no_transaction = sections.no_transaction.or(sqlx(&file)).or(metadata.and_then(|file| diesel(&file)));
    }

    let section =
        sections.down.map(|down| script::cut(&file, down, findings)).filter(|down| !down.statements.is_empty());
    let down = draft.down.as_ref().and_then(|name| texts.open(name, findings));
    let down = down.map(|file| script::whole(&file, "down script", findings));
    if let (Some(section), Some(down)) = (&section, &down) {
        findings.push(two_downs(section, down));
    }
    let witness = draft.witness.as_ref().and_then(|name| texts.open(name, findings));
    Migration {
        name: format!("{}.sql", draft.stem),
        number: draft.number.clone(),
        variant: String::new(),
        checksum: checksum::of(&up, &directives),
        up,
        down: down.or(section),
        witness: witness.map(|file| script::whole(&file, "witness script", findings)),
        directives,
    }
}

/// sqlx's `-- no-transaction` in the first line.
fn sqlx(file: &File) -> Option<Place> {
    let line = file.text.lines().next()?;
    line.starts_with("-- no-transaction").then(|| file.place(0..line.trim_end().len()))
}

/// `run_in_transaction = false` in diesel's `metadata.toml`.
fn diesel(file: &File) -> Option<Place> {
    let table = DeTable::parse(&file.text).ok()?;
    let value = table.get_ref().get("run_in_transaction")?;
    (value.get_ref().as_bool() == Some(false)).then(|| file.place(value.span()))
}

fn two_downs(section: &Script, down: &Script) -> Finding {
    let message = format!("`{}` and `{}` both hold a down script", section.shown, down.shown);
    let place = section.statements.first().cloned().unwrap_or_default();
    Finding::error(ids::DUPLICATE_DOWN, message, section.place(place).into()).help("remove one of them")
}
