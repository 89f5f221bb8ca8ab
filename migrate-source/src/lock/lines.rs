//! The text of a lock becomes its entries.

use std::collections::BTreeMap;
use std::ops::Range;

use migrate_sql::Digest;

use super::{Lock, Locked, VERSION};
use crate::finding::Finding;
use crate::ids;
use crate::nearest::nearest;
use crate::source::Source;
use crate::text::File;

/// Reads a lock; `None` where its version is not known, or nothing is known of it.
pub(crate) fn parse(file: &File, source: &Source, findings: &mut Vec<Finding>) -> Option<Lock> {
    if !file.sound {
        // Of a lock nothing is decided: what one side released is released.
        let conflicts = findings.iter_mut().filter(|f| f.id == ids::CONFLICT_MARKS && is_about(f, file));
        conflicts
            .for_each(|finding| finding.help = vec!["keep the lines of both sides, and remove the marks".to_owned()]);
        return None;
    }
    let mut reader = Reader { file, source, findings, seen: BTreeMap::new() };
    let mut lines = lines(&file.text);
    let first = lines.next().unwrap_or(0..0);
    reader.header(first)?;
    let entries = lines.filter_map(|line| reader.line(line)).collect();
    Some(Lock { shown: file.shown.clone(), entries })
}

fn is_about(finding: &Finding, file: &File) -> bool {
    matches!(&finding.subject, crate::finding::Subject::Place(place) if place.path == file.shown)
}

/// The lines that are not empty, without white space at their ends.
fn lines(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    text.split_inclusive('\n').filter_map(move |line| {
        let start = at + (line.len() - line.trim_start().len());
        at += line.len();
        let line = line.trim();
        (!line.is_empty()).then(|| start..start + line.len())
    })
}

struct Reader<'a> {
    file: &'a File,
    source: &'a Source,
    findings: &'a mut Vec<Finding>,
    /// The checksum of each name, and the line that it is in.
    seen: BTreeMap<String, (Digest, Range<usize>)>,
}

impl Reader<'_> {
    /// `# migrate lock 1`, and whatever follows.
    fn header(&mut self, line: Range<usize>) -> Option<()> {
        let words: Vec<&str> = self.text(&line).split_whitespace().collect();
        let version = match words[..] {
            ["#", "migrate", "lock", version, ..] => version.trim_end_matches(':').to_owned(),
            _ => {
                let message = format!("this lock does not begin with `# migrate lock {VERSION}`");
                self.error(message, line, "write that as its first line, or restore the file");
                return None;
            }
        };
        if version != VERSION {
            let message = format!("version `{version}` of the lock is not known here");
            self.error(message, line, "update `migrate` to the version that wrote it");
            return None;
        }
        Some(())
    }

    fn line(&mut self, line: Range<usize>) -> Option<Locked> {
        let text = self.text(&line).to_owned();
        if text.starts_with('#') {
            return None;
        }
        let Some((name, checksum)) = text.rsplit_once(char::is_whitespace) else {
            let end = line.end..line.end;
            self.error(format!("`{text}` has no checksum"), end, "restore the line, or remove it");
            return None;
        };
        let checksum_span = line.end - checksum.len()..line.end;
        let written = name.trim_end();
        let name_span = line.start..line.start + written.len();
        let name = written.strip_prefix('\\').unwrap_or(written);
        let checksum = self.checksum(checksum, checksum_span)?;
        if !name.ends_with(".sql") {
            self.not_a_name(name, name_span);
            return None;
        }
        match self.seen.get(name) {
            // Two branches that released the same, merged.
            Some((first, _)) if *first == checksum => return None,
            Some((_, first)) => {
                let message = format!("`{name}` is locked twice, with two checksums");
                let first = self.file.place(first.clone());
                let finding = Finding::error(ids::BAD_LOCK, message, self.file.place(line).into());
                self.findings.push(finding.label(first, "the first").help("keep the line that was released"));
                return None;
            }
            None => {}
        }
        self.seen.insert(name.to_owned(), (checksum, line.clone()));
        Some(Locked { name: name.to_owned(), checksum, span: line })
    }

    fn checksum(&mut self, text: &str, span: Range<usize>) -> Option<Digest> {
        if let Ok(checksum) = text.parse() {
            return Some(checksum);
        }
        let lower = text.to_ascii_lowercase();
        let help = match lower.parse::<Digest>() {
            Ok(_) => "write it in lower case".to_owned(),
            Err(_) => "restore the line".to_owned(),
        };
        let message = format!("`{text}` is not a checksum, which has 64 lower-case hexadecimal digits");
        self.error(message, span, help);
        None
    }

    fn not_a_name(&mut self, name: &str, span: Range<usize>) {
        let known = self.source.migrations.iter().map(|migration| migration.name.as_str()).chain(["base.sql"]);
        let help = match nearest(&format!("{name}.sql"), known) {
            Some(meant) => format!("write `{meant}`"),
            None => "write the name as the history records it, with `.sql`".to_owned(),
        };
        self.error(format!("`{name}` is not the name of a migration"), span, help);
    }

    fn error(&mut self, message: String, span: Range<usize>, help: impl Into<String>) {
        self.findings.push(Finding::error(ids::BAD_LOCK, message, self.file.place(span).into()).help(help));
    }

    fn text(&self, span: &Range<usize>) -> &str {
        &self.file.text[span.clone()]
    }
}
