//! The list of files that failed, so that the next sweep does not begin with them: a line of JSON a file.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

/// The files that failed, each with the reason.
#[derive(Debug, Default)]
pub(crate) struct Quarantine {
    path: Option<PathBuf>,
    listed: BTreeMap<PathBuf, String>,
}

impl Quarantine {
    /// Reads the list; one that is not there is empty.
    pub(crate) fn read(path: Option<&Path>) -> io::Result<Quarantine> {
        let Some(path) = path else { return Ok(Quarantine::default()) };
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error),
        };
        let mut listed = BTreeMap::new();
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let entry = entry(line).ok_or_else(|| {
                let why = format!(
                    "line {}: not a quarantined file: `{{\"path\": …, \"error\": …}}` was expected",
                    number + 1
                );
                io::Error::new(io::ErrorKind::InvalidData, why)
            });
            // What a process wrote when it was killed ends without a line break: the file is tried again.
            match entry {
                Ok((file, reason)) => drop(listed.insert(file, reason)),
                Err(_) if !text.ends_with('\n') && number + 1 == text.lines().count() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Quarantine { path: Some(path.to_owned()), listed })
    }

    pub(crate) fn reason(&self, file: &Path) -> Option<&str> {
        self.listed.get(file).map(String::as_str)
    }

    /// Puts a file on the list, at once: the next line may never come.
    pub(crate) fn add(&mut self, file: &Path, reason: &str) -> io::Result<()> {
        self.listed.insert(file.to_owned(), reason.to_owned());
        let Some(path) = &self.path else { return Ok(()) };
        let mut list = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        list.write_all(line(file, reason).as_bytes())
    }

    /// Writes the list anew, without those that are done.
    pub(crate) fn keep(&mut self, keep: impl Fn(&Path) -> bool) -> io::Result<()> {
        let before = self.listed.len();
        self.listed.retain(|file, _| keep(file));
        let Some(path) = self.path.as_ref().filter(|_| self.listed.len() < before) else { return Ok(()) };
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut draft = tempfile::NamedTempFile::new_in(directory)?;
        for (file, reason) in &self.listed {
            draft.write_all(line(file, reason).as_bytes())?;
        }
        draft.persist(path).map(drop).map_err(|error| error.error)
    }
}

fn line(file: &Path, reason: &str) -> String {
    format!("{}\n", json!({ "path": file.to_string_lossy(), "error": reason }))
}

fn entry(line: &str) -> Option<(PathBuf, String)> {
    let value: Value = serde_json::from_str(line).ok()?;
    Some((value["path"].as_str()?.into(), value["error"].as_str()?.to_owned()))
}
