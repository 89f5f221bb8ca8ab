//! Files that hold an up and a down script, as goose, sql-migrate and dbmate write them.

mod mark;

use std::ops::Range;

use migrate_sql::{Token, tokens};

use crate::finding::{Finding, Place};
use crate::ids;
use crate::nearest::nearest;
use crate::text::File;

use self::mark::{Command, Mark, Tool, marks};

/// Which bytes of a file are which script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sections {
    pub(crate) up: Range<usize>,
    pub(crate) down: Option<Range<usize>>,
    /// `-- +goose NO TRANSACTION` or `-- migrate:up transaction:false`
    pub(crate) no_transaction: Option<Place>,
}

/// Divides a file; one without marks is an up script from end to end.
pub(crate) fn divide(file: &File, findings: &mut Vec<Finding>) -> Sections {
    let marks = marks(&file.text);
    let Some(first) = marks.first() else {
        return Sections { up: 0..file.text.len(), ..Sections::default() };
    };
    let mut divider = Divider { file, up: None, down: None, no_transaction: None, findings: Vec::new() };
    for mark in &marks {
        divider.mark(mark, first.tool);
    }
    let sections = divider.sections(first);
    if file.sound {
        findings.append(&mut divider.findings);
    }
    sections
}

/// Reports the marks in a file that is not divided.
pub(crate) fn refuse(file: &File, what: &str, findings: &mut Vec<Finding>) {
    for mark in marks(&file.text) {
        if !matches!(mark.read(), Some((Command::Up | Command::Down, _))) {
            continue;
        }
        let message = format!("`{}` divides a migration, and this is a {what}", mark.text(file));
        let finding = Finding::error(ids::BAD_SECTION, message, file.place(mark.span.clone()).into());
        findings.push(finding.help("remove the mark, or move the sections into the migration's file"));
    }
}

/// What has been seen of a file's marks.
struct Divider<'a> {
    file: &'a File,
    up: Option<Range<usize>>,
    down: Option<Range<usize>>,
    no_transaction: Option<Place>,
    findings: Vec<Finding>,
}

impl Divider<'_> {
    fn mark(&mut self, mark: &Mark<'_>, tool: Tool) {
        let text = mark.text(self.file);
        if mark.tool != tool {
            let message = format!("`{text}` is of another tool than the marks before it");
            return self.error(message, mark.span.clone(), "write the marks of one tool only");
        }
        let Some((command, option)) = mark.read() else {
            let known = tool.known();
            let help = match nearest(mark.command, known.iter().copied()) {
                Some(better) => format!("write `{}{better}`", tool.sign()),
                None => format!("write one of `{}`", known.join("`, `")),
            };
            return self.error(format!("`{text}` is not a mark that is known"), mark.span.clone(), help);
        };
        let no_transaction = command == Command::NoTransaction || option == tool.no_transaction();
        if !option.is_empty() && !no_transaction && option != "transaction:true" {
            let help = format!("write `{}`, or nothing", tool.no_transaction());
            self.error(format!("there is no option `{option}`"), mark.span.clone(), help);
        }
        match command {
            Command::Up => self.begin("up", mark),
            Command::Down if no_transaction && self.no_transaction.is_none() => {
                let message = "the down section runs without a transaction, and the up section with one";
                let help = format!("write `{}` after the mark of the up section as well", tool.no_transaction());
                self.error(message, mark.span.clone(), help);
                self.begin("down", mark);
            }
            Command::Down => self.begin("down", mark),
            Command::NoTransaction | Command::Ignored => {}
        }
        if no_transaction {
            self.no_transaction.get_or_insert(self.file.place(mark.span.clone()));
        }
    }

    fn begin(&mut self, name: &str, mark: &Mark<'_>) {
        let slot = if name == "up" { &mut self.up } else { &mut self.down };
        match slot.clone() {
            None => *slot = Some(mark.span.clone()),
            Some(first) => {
                let place = self.file.place(mark.span.clone());
                let finding = Finding::error(ids::BAD_SECTION, format!("a second {name} section"), place.into());
                let finding = finding.label(self.file.place(first), "the first");
                self.findings.push(finding.help("write one section of each kind"));
            }
        }
    }

    fn sections(&mut self, first: &Mark<'_>) -> Sections {
        let end = self.file.text.len();
        let no_transaction = self.no_transaction.take();
        let Some(up) = self.up.clone() else {
            let message = format!("a file with `{}` and without an up section", first.text(self.file));
            let help = format!("write `{}{}` before its first statement", first.tool.sign(), first.tool.known()[0]);
            self.error(message, first.span.clone(), help);
            return Sections { up: 0..end, down: None, no_transaction };
        };
        if let Some(down) = self.down.clone().filter(|down| down.start < up.start) {
            let message = "the down section stands before the up section";
            let finding = Finding::error(ids::BAD_SECTION, message, self.file.place(down).into());
            let finding = finding.label(self.file.place(up.clone()), "the up section");
            self.findings.push(finding.help("write the up section first"));
            return Sections { up: up.end..end, down: None, no_transaction };
        }
        let statement = tokens(&self.file.text).find(Token::is_significant).filter(|token| token.start < up.start);
        if let Some(token) = statement {
            let place = self.file.place(token.start..token.end());
            let finding = Finding::error(ids::BAD_SECTION, "a statement before the up section", place.into());
            let finding = finding.label(self.file.place(up.clone()), "the up section begins here");
            self.findings.push(finding.help("move it into the up section"));
        }
        let up_end = self.down.as_ref().map_or(end, |down| down.start);
        Sections { up: up.end..up_end, down: self.down.as_ref().map(|down| down.end..end), no_transaction }
    }

    fn error(&mut self, message: impl Into<String>, span: Range<usize>, help: impl Into<String>) {
        let finding = Finding::error(ids::BAD_SECTION, message, self.file.place(span).into());
        self.findings.push(finding.help(help));
    }
}
