//! Markers as an author writes them.

use migrate_core::__private::Look;
use migrate_source::{MarkerKind, MarkerSpec};

/// A marker as it is written in a macro or in a file's header, names that are not plain words in quotes.
pub(super) fn look_text(look: &Look) -> String {
    let no = |present: bool| if present { "" } else { "no " };
    let (words, names): (String, Vec<&str>) = match look {
        Look::Object { kind, name, present } => (format!("{}{}", no(*present), kind.word()), vec![name]),
        Look::Column { table, column, present } => (format!("{}column", no(*present)), vec![table, column]),
        Look::Definition { name, .. } => ("definition".to_owned(), vec![name]),
    };
    let names: Vec<String> = names.into_iter().map(name).collect();
    format!("{words} {}", names.join("."))
}

/// A declared marker, for a message about it.
pub(crate) fn spec_text(spec: &MarkerSpec) -> String {
    let kind = match spec.kind {
        MarkerKind::Table => "table",
        MarkerKind::Column => "column",
        MarkerKind::Index => "index",
        MarkerKind::View => "view",
        MarkerKind::Trigger => "trigger",
        MarkerKind::Definition => "definition",
    };
    let no = if spec.negated { "no " } else { "" };
    let column = spec.column.as_ref().map_or_else(String::new, |column| format!(".{}", name(column)));
    format!("{no}{kind} {}{column}", name(&spec.name))
}

fn name(name: &str) -> String {
    if is_plain(name) { name.to_owned() } else { migrate_sql::quote(name) }
}

fn is_plain(name: &str) -> bool {
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    starts && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
