//! `diff`: the next migration, written from an edited schema.sql.

mod ask;

use std::fs;
use std::path::Path;

use migrate_schema::{Diff, DiffError, Fill, Options, Question, Rename};
use migrate_source::{Severity, Source};
use serde_json::{Value, json};

use super::{new, write};
use crate::args::files;
use crate::config::Config;
use crate::directory::{counted, listing};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal::{Terminal, Tone};

pub(super) fn run(verb: &files::Diff, config: &Config, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    let (listing, source) = listing(config)?;
    let schema = schema(verb, config)?;
    let words = new::words(&verb.name)?;
    let stem = new::stem(&listing, &source, &words)?;
    let files = new::files(&source, &stem, &words, false);
    new::refuse_taken(&listing, &files)?;
    let Some((parts, text)) = files.into_iter().next() else {
        return Err(Failure::failed("no file can be named"));
    };
    let mut options = options(verb)?;
    let (name, path) = (parts.join("/"), parts.iter().fold(config.dir.clone(), |path, part| path.join(part)));
    let frame = Frame::of(&text);
    let mut diff = loop {
        match migrate_schema::diff(&listing, &name, &schema, &options) {
            Ok(diff) => break diff,
            Err(DiffError::Undecided(questions)) if ask::somebody(terminal) => ask::all(&questions, &mut options)?,
            Err(error) => return Err(failure(error, terminal)),
        }
    };
    if diff.sql.is_empty() {
        return nothing(&diff, terminal);
    }
    diff.sql = frame.around(&diff.sql);
    let errors = diff.findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    terminal.findings(&diff.findings, &diff.source);
    if errors > 0 {
        terminal.note(&diff.sql);
        return Err(Failure::found(format!(
            "the migration that leads there has {}; nothing was written\nhelp: change the schema, or write a migration \
             by hand: the SQL above is where to begin",
            counted(errors, "error")
        )));
    }
    if !verb.stdout {
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)
                .map_err(|error| Failure::failed(format!("`{}` cannot be made: {error}", parent.display())))?;
        }
        write::new(&path, &diff.sql)?;
        new::touch(&source);
    }
    show(&diff, verb.stdout, &path, terminal)
}

/// The rebuild of a table as it is.
pub(super) fn rebuild(source: &Source, table: &str, terminal: &mut Terminal<'_>) -> Result<String, Failure> {
    migrate_schema::rebuild(source, table).map_err(|error| failure(error, terminal))
}

/// SQL in the place of what `new` would write, within the marks of its layout.
pub(super) fn framed(text: &str, sql: &str) -> String {
    Frame::of(text).around(sql)
}

fn show(diff: &Diff, stdout: bool, path: &Path, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    if terminal.json {
        let written = (!stdout).then(|| path.display().to_string());
        terminal.value(&value(diff, written))?;
        return Ok(Exit::Fine);
    }
    if stdout {
        terminal.text(&diff.sql)?;
        return Ok(Exit::Fine);
    }
    terminal.line(format_args!("{}: written", path.display()))?;
    for change in &diff.changes {
        let tone = match change.sign {
            "+" => Tone::Good,
            "-" => Tone::Bad,
            _ => Tone::Attention,
        };
        let line = terminal.paint(tone, change);
        terminal.line(format_args!("  {line}"))?;
    }
    terminal.note("read it, change it if need be; `check` proves it again");
    Ok(Exit::Fine)
}

fn nothing(diff: &Diff, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    terminal.say("nothing differs: the migrations make this schema; nothing was written")?;
    if terminal.json {
        terminal.value(&value(diff, None))?;
    }
    Ok(Exit::Fine)
}

fn value(diff: &Diff, written: Option<String>) -> Value {
    let change = |change: &migrate_schema::Change| {
        let migrate_schema::Change { sign, what, rebuilt, .. } = change;
        json!({ "sign": sign, "what": what, "rebuilt": rebuilt })
    };
    let changes: Vec<Value> = diff.changes.iter().map(change).collect();
    let findings: Value = serde_json::from_str(&migrate_source::json(&diff.findings, &diff.source)).unwrap_or_default();
    json!({
        "version": 1, "verb": "diff", "exit": Exit::Fine.word(), "written": written, "sql": diff.sql,
        "changes": changes, "findings": findings["findings"],
    })
}

/// The schema to come to.
fn schema(verb: &files::Diff, config: &Config) -> Result<String, Failure> {
    let path = verb.to.clone().unwrap_or_else(|| config.dir.join("schema.sql"));
    let text = fs::read_to_string(&path).map_err(|error| {
        let shown = path.display();
        let help = if verb.to.is_none() && !path.exists() {
            "`dump` writes it; edit it, and `diff` writes the migration that leads there"
        } else {
            "name the file that holds the schema to come to"
        };
        Failure::failed(format!("`{shown}` cannot be read: {error}; nothing was written\nhelp: {help}"))
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(&text).replace("\r\n", "\n"))
}

fn options(verb: &files::Diff) -> Result<Options, Failure> {
    let renames = verb.rename.iter().map(|text| rename(text)).collect::<Result<_, _>>()?;
    let fills = verb.fill.iter().map(|text| fill(text)).collect::<Result<_, _>>()?;
    let converts = verb.convert.iter().map(|name| name.trim().to_owned()).collect();
    Ok(Options { renames, drop: verb.drop, fills, converts, ..Options::default() })
}

/// `old=new`, `table.old=new`, `table.old=table.new`.
fn rename(text: &str) -> Result<Rename, Failure> {
    let wrong = || {
        Failure::usage(format!(
            "`--rename {text}` names no two things\nhelp: write `--rename OLD=NEW` for a table, `--rename TABLE.OLD=NEW` for a \
             column"
        ))
    };
    let (old, new) = text.split_once('=').ok_or_else(wrong)?;
    let (table, old) = match old.split_once('.') {
        Some((table, old)) => (Some(table.trim().to_owned()), old),
        None => (None, old),
    };
    let new = match &table {
        Some(table) => new.trim().strip_prefix(&format!("{table}.")).unwrap_or(new),
        None => new,
    };
    let (old, new) = (old.trim().to_owned(), new.trim().to_owned());
    if old.is_empty() || new.is_empty() { Err(wrong()) } else { Ok(Rename { table, old, new }) }
}

/// `table.column=expression`.
fn fill(text: &str) -> Result<Fill, Failure> {
    let parts = text.split_once('=').and_then(|(column, value)| Some((column.split_once('.')?, value)));
    match parts {
        Some(((table, column), value)) if !value.trim().is_empty() => Ok(Fill {
            table: table.trim().to_owned(),
            column: column.trim().to_owned(),
            value: value.trim().to_owned(),
        }),
        _ => Err(Failure::usage(format!(
            "`--fill {text}` names no column and value\nhelp: write `--fill \"TABLE.COLUMN=EXPRESSION\"`"
        ))),
    }
}

fn failure(error: DiffError, terminal: &mut Terminal<'_>) -> Failure {
    match error {
        DiffError::Findings(findings, source) => {
            terminal.findings(&findings, &source);
            Failure::found(format!("{}; nothing was written", counted(findings.len(), "error")))
        }
        DiffError::Undecided(questions) => {
            let said: Vec<String> = questions.iter().map(Question::to_string).collect();
            Failure {
                kind: "undecided",
                ..Failure::usage(format!("nothing was written, since only you know:\n{}", said.join("\n")))
            }
        }
        DiffError::Unknown(message) => Failure::usage(message),
        error => {
            let text = error.to_string();
            let (fact, help) = text.split_once("\nhelp: ").unwrap_or((&text, ""));
            let help = if help.is_empty() { String::new() } else { format!("\nhelp: {help}") };
            Failure::failed(format!("{fact}; nothing was written{help}"))
        }
    }
}

/// What a layout wants around the SQL: the marks of its sections.
struct Frame {
    head: String,
    tail: String,
}

impl Frame {
    /// From the text that `new` would write.
    fn of(text: &str) -> Frame {
        let mark = |line: &&str| line.starts_with("-- +goose") || line.starts_with("-- migrate:");
        let mut marks = text.lines().filter(mark);
        let head = marks.next().map(|mark| format!("{mark}\n")).unwrap_or_default();
        let tail = marks.next().map(|mark| format!("\n{mark}\n")).unwrap_or_default();
        Frame { head, tail }
    }

    fn around(&self, sql: &str) -> String {
        format!("{}{sql}{}", self.head, self.tail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_renamed() {
        let check = |text: &str, table: Option<&str>, old: &str, new: &str| {
            let expected = Rename { table: table.map(str::to_owned), old: old.to_owned(), new: new.to_owned() };
            assert_eq!(rename(text).unwrap(), expected, "{text}");
        };
        check("a=b", None, "a", "b");
        check("t.a=b", Some("t"), "a", "b");
        check("t.a = t.b", Some("t"), "a", "b");
        for text in ["a", "=b", "t.=b", "a="] {
            assert_eq!(rename(text).unwrap_err().exit, Exit::Usage, "{text}");
        }
    }

    #[test]
    fn what_is_filled() {
        let found = fill("t.a='x=y'").unwrap();
        assert_eq!((found.table.as_str(), found.column.as_str(), found.value.as_str()), ("t", "a", "'x=y'"));
        assert!(fill("a=1").is_err() && fill("t.a=").is_err());
    }

    #[test]
    fn sections_keep_their_marks() {
        assert_eq!(
            Frame::of("-- +goose Up\n\n-- +goose Down\n").around("X;\n"),
            "-- +goose Up\nX;\n\n-- +goose Down\n"
        );
        assert_eq!(Frame::of("-- add tags\n").around("X;\n"), "X;\n");
    }
}
