//! Bytes become text: UTF-8, without a BOM, with LF line ends.

use std::collections::BTreeSet;

use crate::finding::{Finding, Place, Subject};
use crate::ids;
use crate::listing::{Content, Listing};
use crate::source::SourceFile;

/// A file's text.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) shown: String,
    pub(crate) text: String,
    /// Whether the text is what the author meant; where it is not, what else seems wrong with it is not worth saying.
    pub(crate) sound: bool,
}

impl File {
    pub(crate) fn place(&self, span: std::ops::Range<usize>) -> Place {
        Place::new(&self.shown, span)
    }
}

/// Opens the files of a listing, and remembers which.
pub(crate) struct Texts<'a> {
    listing: &'a Listing,
    files: Vec<SourceFile>,
    opened: BTreeSet<String>,
}

impl<'a> Texts<'a> {
    pub(crate) fn new(listing: &'a Listing) -> Texts<'a> {
        Texts { listing, files: Vec::new(), opened: BTreeSet::new() }
    }

    /// The text of a file; empty where it could not be read, `None` where there is no such file.
    pub(crate) fn open(&mut self, name: &str, findings: &mut Vec<Finding>) -> Option<File> {
        let shown = self.listing.shown(name);
        match self.listing.entries.get(name)? {
            Content::File(bytes) => {
                let before = findings.len();
                let text = if name.ends_with(".sql") && bytes.len() > self.listing.limit {
                    findings.push(too_large(&shown, bytes.len(), self.listing.limit));
                    None
                } else {
                    decode(&shown, bytes, findings)
                };
                let sound = findings.len() == before;
                if self.opened.insert(name.to_owned()) {
                    let path = self.listing.dir.join(name);
                    self.files.push(SourceFile { path, shown: shown.clone(), text: text.clone() });
                }
                Some(File { shown, text: text.unwrap_or_default(), sound })
            }
            Content::Unreadable(_) => Some(File { shown, text: String::new(), sound: false }),
            Content::NotRead | Content::Directory | Content::Closed(_) | Content::NameNotUtf8 => None,
        }
    }

    pub(crate) fn into_files(self) -> Vec<SourceFile> {
        self.files
    }
}

fn too_large(shown: &str, size: usize, limit: usize) -> Finding {
    let (size, limit) = (size.div_ceil(1 << 20), limit >> 20);
    let message = format!("this file has {size} MiB, and the limit is {limit} MiB");
    Finding::error(ids::FILE_TOO_LARGE, message, Subject::File(shown.to_owned())).help(
        "load the rows in a Rust step from a file that the application ships, or split them over several migrations",
    )
}

/// The text that bytes stand for; `None` where they are in an encoding of two or four bytes a letter.
fn decode(shown: &str, bytes: &[u8], findings: &mut Vec<Finding>) -> Option<String> {
    if let Some(encoding) = wide(bytes) {
        let message = format!("this file is {encoding}, not UTF-8");
        let finding = Finding::error(ids::NOT_UTF8, message, Subject::File(shown.to_owned()));
        findings.push(finding.help("save it as UTF-8"));
        return None;
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.replace("\r\n", "\n"),
        Err(error) => {
            let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n");
            let valid = String::from_utf8_lossy(&bytes[..error.valid_up_to()]).replace("\r\n", "\n").len();
            let byte = bytes.get(error.valid_up_to()).copied().unwrap_or_default();
            let place = Place::new(shown, valid..(valid + char::REPLACEMENT_CHARACTER.len_utf8()).min(text.len()));
            findings.push(
                Finding::error(ids::NOT_UTF8, format!("byte 0x{byte:02X} is not UTF-8"), place.into())
                    .caption("this byte")
                    .help("save the file as UTF-8"),
            );
            text
        }
    };
    nul_bytes(shown, &text, findings);
    carriage_returns(shown, &text, findings);
    conflict_marks(shown, &text, findings);
    Some(text)
}

/// The name of an encoding of two or four bytes a letter, by its BOM or by the zeroes between ASCII letters.
fn wide(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => Some("UTF-32"),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some("UTF-16"),
        [a, 0, b, 0, ..] | [0, a, 0, b, ..] if *a != 0 && *b != 0 => Some("UTF-16"),
        _ => None,
    }
}

fn nul_bytes(shown: &str, text: &str, findings: &mut Vec<Finding>) {
    let Some(at) = text.find('\0') else { return };
    findings.push(
        Finding::error(
            ids::NUL_BYTE,
            "a NUL byte, where SQLite would stop reading",
            Place::new(shown, at..at + 1).into(),
        )
        .help("remove it, or write `char(0)` if it belongs to a value"),
    );
}

fn carriage_returns(shown: &str, text: &str, findings: &mut Vec<Finding>) {
    let Some(at) = text.find('\r') else { return };
    let place = Place::new(shown, at..at + 1);
    findings.push(if text.contains('\n') {
        let message = "a carriage return that is not part of a line end";
        Finding::error(ids::CARRIAGE_RETURN, message, place.into())
            .help("remove it, or write `char(13)` if it belongs to a value")
    } else {
        let message = "lines end in CR alone, which does not end a comment in SQLite";
        Finding::error(ids::CARRIAGE_RETURN, message, place.into()).help("save the file with LF or CRLF line ends")
    });
}

/// Reports every merge conflict: where it begins, with labels on its other marks.
fn conflict_marks(shown: &str, text: &str, findings: &mut Vec<Finding>) {
    if !text.contains("<<<<<<<") && !text.contains(">>>>>>>") {
        return;
    }
    let mut open: Option<Finding> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let span = at..at + line.trim_end().len();
        at += line.len();
        let mark = |mark: &str| {
            line.strip_prefix(mark).is_some_and(|rest| rest.trim_end().is_empty() || rest.starts_with(' '))
        };
        let place = Place::new(shown, span);
        if mark("<<<<<<<") || (mark(">>>>>>>") && open.is_none()) {
            findings.extend(open.take());
            let finding = Finding::error(ids::CONFLICT_MARKS, "a merge conflict is not resolved", place.into());
            open = Some(finding.help("decide between the two sides, and remove the marks"));
        } else if mark("=======") || mark("|||||||") {
            open = open.map(|finding| finding.label(place, ""));
        } else if mark(">>>>>>>") {
            findings.extend(open.take().map(|finding| finding.label(place, "")));
        }
    }
    findings.extend(open);
}
