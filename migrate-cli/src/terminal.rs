//! What is shown: results on one stream, everything else on the other, in colour where that is welcome.

use std::fmt::Display;
use std::io::{self, ErrorKind, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};
use clap::builder::styling::{AnsiColor, Style};
use serde_json::Value;

use crate::args::{Shown, When};
use crate::failure::Failure;

/// Where a verb writes.
pub(crate) struct Terminal<'a> {
    out: &'a mut dyn Write,
    err: &'a mut dyn Write,
    pub(crate) json: bool,
    colors: Colors,
    /// Whether somebody watches the error output.
    pub(crate) watched: bool,
    /// What speaks against the directory, for programs: it is said with the failure that it leads to.
    pub(crate) findings: Vec<Value>,
}

/// Which stream is in colour.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Colors {
    pub(crate) out: bool,
    pub(crate) err: bool,
}

impl Colors {
    pub(crate) fn of(when: When) -> Colors {
        match when {
            When::Always => Colors { out: true, err: true },
            When::Never => Colors { out: false, err: false },
            // This looks at the terminal, NO_COLOR, CLICOLOR, CLICOLOR_FORCE and TERM.
            When::Auto => Colors {
                out: AutoStream::choice(&io::stdout()) != ColorChoice::Never,
                err: AutoStream::choice(&io::stderr()) != ColorChoice::Never,
            },
        }
    }
}

/// What a piece of text is, where there are colours.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Tone {
    /// A name, a headline.
    Strong,
    /// As it should be.
    Good,
    /// To be looked at.
    Attention,
    /// Wrong.
    Bad,
}

impl Tone {
    fn style(self) -> Style {
        match self {
            Tone::Strong => Style::new().bold(),
            Tone::Good => AnsiColor::Green.on_default(),
            Tone::Attention => AnsiColor::Yellow.on_default(),
            Tone::Bad => AnsiColor::Red.on_default().bold(),
        }
    }

    fn paint(self, text: impl Display, on: bool) -> String {
        let style = self.style();
        if on { format!("{style}{text}{style:#}") } else { text.to_string() }
    }
}

impl<'a> Terminal<'a> {
    pub(crate) fn new(shown: &Shown, out: &'a mut dyn Write, err: &'a mut dyn Write) -> Terminal<'a> {
        let watched = io::stderr().is_terminal();
        Terminal { out, err, json: shown.json, colors: Colors::of(shown.color), watched, findings: Vec::new() }
    }

    /// Text in a colour, for the result.
    pub(crate) fn paint(&self, tone: Tone, text: impl Display) -> String {
        tone.paint(text, self.colors.out)
    }

    /// A line of the result.
    pub(crate) fn line(&mut self, text: impl Display) -> Result<(), Failure> {
        self.text(&format!("{text}\n"))
    }

    /// A line of the result that is for people only.
    pub(crate) fn say(&mut self, text: impl Display) -> Result<(), Failure> {
        if self.json { Ok(()) } else { self.line(text) }
    }

    /// Text of the result, as it is.
    pub(crate) fn text(&mut self, text: &str) -> Result<(), Failure> {
        written(self.out.write_all(text.as_bytes()))
    }

    /// The result for programs.
    pub(crate) fn value(&mut self, value: &Value) -> Result<(), Failure> {
        self.line(value)
    }

    /// A remark that is no result. That nobody reads it is no reason to fail.
    pub(crate) fn note(&mut self, text: impl Display) {
        if !self.json {
            let _ = writeln!(self.err, "{text}");
        }
    }

    /// What went wrong, on the error output.
    pub(crate) fn error(&mut self, message: impl Display) {
        let word = Tone::Bad.paint("error:", self.colors.err);
        let message = message.to_string();
        let lines = message.lines().map(|line| match line.strip_prefix("help: ") {
            Some(help) => format!("{} {help}", Tone::Good.paint("help:", self.colors.err)),
            None => line.to_owned(),
        });
        let _ = writeln!(self.err, "{word} {}", lines.collect::<Vec<_>>().join("\n"));
    }

    /// Everything that was written has arrived, or there is nobody who wants it.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        written(self.out.flush())
    }

    #[cfg(feature = "directory")]
    pub(crate) fn findings(&mut self, findings: &[migrate_source::Finding], source: &migrate_source::Source) {
        use migrate_source::Style::{Ansi, Plain};
        if self.json {
            self.findings.extend(crate::directory::values(findings, source));
            return;
        }
        for finding in findings {
            let text = migrate_source::render_styled(finding, source, if self.colors.err { Ansi } else { Plain });
            let _ = writeln!(self.err, "{text}\n");
        }
    }
}

/// Whoever closed the pipe does not want to read on, and that is all right.
fn written(result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::failed(format!("the output cannot be written: {error}")))
        }
        _ => Ok(()),
    }
}
