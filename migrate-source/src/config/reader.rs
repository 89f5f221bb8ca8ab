//! Values of a TOML document, with a finding where they are of another type.

use std::borrow::Cow;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::finding::Finding;
use crate::ids;
use crate::nearest::nearest;
use crate::source::Source;
use crate::text::File;

pub(super) type Value<'a> = Spanned<DeValue<'a>>;
pub(super) type Key<'a> = Spanned<Cow<'a, str>>;

pub(super) struct Reader<'a> {
    pub(super) file: &'a File,
    pub(super) source: &'a Source,
    pub(super) findings: Vec<Finding>,
}

/// The entries of a table, in the order of the file.
pub(super) fn sorted<'t, 'i>(table: &'t DeTable<'i>) -> Vec<(&'t Key<'i>, &'t Value<'i>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

impl<'a> Reader<'a> {
    pub(super) fn new(file: &'a File, source: &'a Source) -> Reader<'a> {
        Reader { file, source, findings: Vec::new() }
    }

    /// A string that names something.
    pub(super) fn name(&mut self, key: &str, value: &Value<'_>) -> Option<String> {
        let name = self.string(key, value)?;
        if name.trim().is_empty() || name.contains('\0') {
            self.error(ids::CONFIG_VALUE, format!("`{key}` holds an empty name"), value.span(), "write a name");
            return None;
        }
        Some(name)
    }

    pub(super) fn string(&mut self, key: &str, value: &Value<'_>) -> Option<String> {
        let text = value.get_ref().as_str().map(str::to_owned);
        if text.is_none() {
            self.wrong_type(&format!("`{key}`"), "a string", value, "write it in double quotes");
        }
        text
    }

    pub(super) fn boolean(&mut self, key: &str, value: &Value<'_>) -> Option<bool> {
        let boolean = value.get_ref().as_bool();
        if boolean.is_none() {
            let help = format!("write `{key} = true` or `{key} = false`");
            self.wrong_type(&format!("`{key}`"), "`true` or `false`", value, &help);
        }
        boolean
    }

    pub(super) fn array<'v, 'i>(&mut self, key: &str, value: &'v Value<'i>) -> &'v [Value<'i>] {
        match value.get_ref().as_array() {
            Some(array) => array,
            None => {
                self.wrong_type(&format!("`{key}`"), "a list", value, "write it in `[` and `]`");
                &[]
            }
        }
    }

    pub(super) fn wrong_type(&mut self, what: &str, expected: &str, value: &Value<'_>, help: &str) {
        let found = match value.get_ref() {
            DeValue::String(_) => "a string",
            DeValue::Integer(_) => "an integer",
            DeValue::Float(_) => "a float",
            DeValue::Boolean(_) => "a boolean",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.error(ids::CONFIG_VALUE, format!("{what} is {found}, and {expected} is expected"), value.span(), help);
    }

    pub(super) fn unknown(&mut self, key: &Key<'_>, known: &[&str]) {
        let name = key.get_ref();
        let help = match nearest(name, known.iter().copied()) {
            Some(better) => format!("write `{better}`"),
            None if known.len() == 1 => format!("write `{}`, the only one here", known[0]),
            None => format!("write one of `{}`", known.join("`, `")),
        };
        self.error(ids::CONFIG_KEY, format!("there is no option `{name}`"), key.span(), &help);
    }

    pub(super) fn twice(&mut self, what: String, span: Range<usize>, first: Range<usize>) {
        let finding = Finding::error(ids::CONFIG_VALUE, format!("{what} is there twice"), self.file.place(span).into());
        self.findings.push(finding.label(self.file.place(first), "the first").help("remove one of them"));
    }

    pub(super) fn error(&mut self, id: &'static str, message: String, span: Range<usize>, help: &str) {
        let finding = Finding::error(id, message, self.file.place(span).into());
        self.findings.push(if help.is_empty() { finding } else { finding.help(help) });
    }
}
