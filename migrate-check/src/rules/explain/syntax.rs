//! Mistakes that are made often, and what is right in SQLite.

use migrate_source::nearest;
use migrate_sql::{Token, TokenKind};

use crate::facts::Facts;
use crate::replay::Incident;
use crate::scratch::Trouble;
use crate::scripts::Which;
use crate::words::words;

/// What to write instead, where a syntax error shows what was meant.
pub(super) fn hint(facts: &Facts<'_>, which: Which, incident: &Incident, message: &str) -> Option<String> {
    let script = facts.scripts.get(which)?;
    let words = words(script.text(&incident.statement));
    if message == "incomplete input" {
        return Some(incomplete(&words));
    }
    let near = message.strip_prefix("near \"")?.strip_suffix("\": syntax error")?;
    let at = position(incident, &words, near)?;
    let error = Error { sql: script.text(&incident.statement), words: &words, at };
    error.command().or_else(|| error.punctuation()).or_else(|| error.dialect()).or_else(|| error.misspelt())
}

/// A function of another database, and what does the same.
pub(super) fn foreign_function(name: &str) -> Option<&'static str> {
    const FUNCTIONS: [(&[&str], &str); 6] = [
        (&["now", "getdate", "sysdate", "localtimestamp"], "write `CURRENT_TIMESTAMP`"),
        (&["uuid", "newid", "gen_random_uuid", "uuid_generate_v4"], "write `lower(hex(randomblob(16)))`"),
        (&["greatest"], "write `max`, which takes the greatest of its arguments"),
        (&["least"], "write `min`, which takes the least of its arguments"),
        (&["to_char", "date_format"], "write `strftime`"),
        (&["nvl", "isnull"], "write `coalesce`"),
    ];
    FUNCTIONS
        .iter()
        .find(|(names, _)| names.iter().any(|other| other.eq_ignore_ascii_case(name)))
        .map(|(_, help)| *help)
}

fn incomplete(words: &[Token<'_>]) -> String {
    let count = |text: &str| words.iter().filter(|word| word.text == text).count();
    if count("(") > count(")") {
        "close the parenthesis with `)`, and end the statement with `;`".to_owned()
    } else {
        "finish the statement".to_owned()
    }
}

/// The word that SQLite points at.
fn position(incident: &Incident, words: &[Token<'_>], near: &str) -> Option<usize> {
    let Trouble::Failed { offset, .. } = &incident.trouble else { return None };
    let start = incident.statement.start as usize;
    let pointed = offset.and_then(|offset| offset.checked_sub(start));
    match pointed {
        Some(offset) => words.iter().position(|word| word.end() > offset),
        None => words.iter().position(|word| word.text == near),
    }
}

struct Error<'a> {
    sql: &'a str,
    words: &'a [Token<'a>],
    /// The word that SQLite points at.
    at: usize,
}

/// What a statement may begin with.
const STATEMENTS: [&str; 13] = [
    "CREATE", "ALTER", "DROP", "INSERT", "REPLACE", "UPDATE", "DELETE", "SELECT", "WITH", "PRAGMA", "VACUUM",
    "ANALYZE", "REINDEX",
];

/// Options of other databases.
const FOREIGN: [&str; 7] = ["CONCURRENTLY", "ENGINE", "CHARSET", "COMMENT", "UNLOGGED", "UNSIGNED", "ZEROFILL"];

/// Words that cannot be names, as far as anybody would want them to be.
const RESERVED: [&str; 24] = [
    "ORDER",
    "GROUP",
    "INDEX",
    "VALUES",
    "TO",
    "FROM",
    "DEFAULT",
    "CHECK",
    "LIMIT",
    "TABLE",
    "SELECT",
    "WHERE",
    "TRANSACTION",
    "SET",
    "REFERENCES",
    "CASE",
    "WHEN",
    "UNIQUE",
    "PRIMARY",
    "JOIN",
    "UNION",
    "IN",
    "ON",
    "AND",
];

/// Words that are often misspelt; short ones are near to everything.
const KEYWORDS: [&str; 29] = [
    "TABLE",
    "INDEX",
    "VIEW",
    "TRIGGER",
    "UNIQUE",
    "VIRTUAL",
    "COLUMN",
    "RENAME",
    "INTO",
    "VALUES",
    "FROM",
    "WHERE",
    "PRIMARY",
    "FOREIGN",
    "REFERENCES",
    "DEFAULT",
    "CHECK",
    "COLLATE",
    "CONSTRAINT",
    "AUTOINCREMENT",
    "NULL",
    "EXISTS",
    "GROUP",
    "ORDER",
    "AFTER",
    "BEFORE",
    "BEGIN",
    "SELECT",
    "UPDATE",
];

impl Error<'_> {
    fn is(&self, at: usize, word: &str) -> bool {
        self.words.get(at).is_some_and(|token| token.is_word(word))
    }

    fn before(&self) -> Option<&Token<'_>> {
        self.words.get(self.at.checked_sub(1)?)
    }

    fn starts(&self, first: &[&str]) -> bool {
        first.iter().enumerate().all(|(at, word)| self.is(at, word))
    }

    fn has(&self, word: &str) -> bool {
        self.words.iter().any(|token| token.is_word(word))
    }

    /// `.tables`, `SHOW TABLES`: what is a command to a program, and no SQL.
    fn command(&self) -> Option<String> {
        let first = self.words.first()?;
        if first.text == "." {
            let line = self.sql.lines().next().unwrap_or_default().trim_end();
            return Some(format!("remove `{line}`, which is a command of the program `sqlite3` and no SQL"));
        }
        if self.at > 0 {
            return None;
        }
        let is = |words: &[&str]| words.iter().any(|word| first.is_word(word));
        if is(&["TRUNCATE"]) {
            return Some("write `DELETE FROM`, which removes every row".to_owned());
        }
        let foreign =
            ["SHOW", "USE", "SET", "DESCRIBE", "GRANT", "REVOKE", "COMMENT", "LOCK", "UNLOCK", "DELIMITER", "GO"];
        is(&foreign).then(|| format!("remove it: SQLite has no `{}`", first.text.to_ascii_uppercase()))
    }

    /// A missing semicolon, a comma too many, a quote that a backslash does not escape.
    fn punctuation(&self) -> Option<String> {
        let word = self.words.get(self.at)?;
        let before = self.before();
        if word.text == ")" && before.is_some_and(|before| before.text == ",") {
            return Some("remove the comma before `)`".to_owned());
        }
        // The first word of a statement may still pass for a part of the one before it.
        let begins = |at: usize| {
            let Some((word, before)) = self.words.get(at).zip(at.checked_sub(1).and_then(|at| self.words.get(at)))
            else {
                return false;
            };
            let new_line = self.sql[before.end()..word.start].contains('\n');
            new_line && ![",", "("].contains(&before.text) && STATEMENTS.iter().any(|first| word.is_word(first))
        };
        let start = [self.at, self.at.saturating_sub(1)].into_iter().find(|&at| begins(at));
        if start.is_some() && !self.starts(&["CREATE", "TRIGGER"]) {
            return Some("end the statement before this one with `;`".to_owned());
        }
        let is_escaped = |token: &Token<'_>| token.kind == TokenKind::String && token.text.ends_with("\\'");
        before
            .is_some_and(is_escaped)
            .then(|| "write a quote inside a string as `''`: a backslash is a letter like any other".to_owned())
    }

    /// What other databases have, and SQLite has not, or says otherwise.
    fn dialect(&self) -> Option<String> {
        let rebuild = "rebuild the table: make the new one, copy the rows, drop the old one, rename the new one";
        let alters = self.starts(&["ALTER", "TABLE"]);
        let word = self.words.get(self.at)?.text.to_ascii_uppercase();
        let previous = self.before().map(|before| before.text.to_ascii_uppercase()).unwrap_or_default();
        let after_add = self.before().is_some_and(|before| before.is_word("ADD"));
        let help = match word.as_str() {
            "AUTO_INCREMENT" | "IDENTITY" => "write `INTEGER PRIMARY KEY`, which numbers rows by itself".to_owned(),
            "EXISTS" if alters => "leave out `IF NOT EXISTS` and `IF EXISTS`: a migration runs once".to_owned(),
            "UNIQUE" if alters && after_add => "write `CREATE UNIQUE INDEX`".to_owned(),
            "INDEX" | "KEY" if alters && after_add => "write `CREATE INDEX`".to_owned(),
            _ if alters && self.changes_a_column() => rebuild.to_owned(),
            "," if alters => "write one `ALTER TABLE` for each change".to_owned(),
            "(" if self.is(self.at.wrapping_sub(2), "DEFAULT") => {
                let known = foreign_function(&previous).map(str::to_owned);
                known.unwrap_or_else(|| "put a default that is worked out in parentheses: `DEFAULT (…)`".to_owned())
            }
            "ON" if self.is(self.at + 1, "UPDATE") && self.is(self.at + 2, "CURRENT_TIMESTAMP") => {
                "leave out `ON UPDATE CURRENT_TIMESTAMP`, and write a trigger".to_owned()
            }
            "TYPE" | "SEQUENCE" | "FUNCTION" | "PROCEDURE" | "DATABASE" | "SCHEMA" | "EXTENSION" | "ROLE" | "USER"
            | "MATERIALIZED"
                if self.at == 1 =>
            {
                format!("remove it: SQLite has no `{} {word}`", self.words[0].text.to_ascii_uppercase())
            }
            "OR" if self.starts(&["CREATE", "OR"]) => "drop it first, and leave out `OR REPLACE`".to_owned(),
            "CASCADE" | "RESTRICT" if self.starts(&["DROP"]) => format!("leave out `{word}`"),
            _ if FOREIGN.contains(&word.as_str()) => format!("leave out `{word}`, which SQLite does not have"),
            "IGNORE" if self.starts(&["INSERT", "IGNORE"]) => "write `INSERT OR IGNORE`".to_owned(),
            "DUPLICATE" => "write `ON CONFLICT (…) DO UPDATE SET …`".to_owned(),
            "LIMIT" | "ORDER" if self.starts(&["UPDATE"]) || self.starts(&["DELETE"]) => {
                "write `WHERE rowid IN (SELECT rowid FROM … LIMIT …)`".to_owned()
            }
            "FROM" | "USING" if self.starts(&["CREATE", "INDEX"]) || self.starts(&["CREATE", "UNIQUE", "INDEX"]) => {
                format!("leave out `{word}`, which SQLite does not have here")
            }
            _ if self.words[self.at].kind == TokenKind::String && self.has("ENUM") => {
                "write `TEXT CHECK (… IN (…))` for `ENUM`".to_owned()
            }
            _ if FOREIGN.contains(&previous.as_str()) => format!("leave out `{previous}`, which SQLite does not have"),
            _ if self.starts(&["CREATE", "TABLE"]) && self.lists_an_index() => {
                "make the index with a `CREATE INDEX` of its own, after the table".to_owned()
            }
            _ if self.is_name() => {
                format!("write `\"{}\"`, since the word is one of SQL's own", self.words[self.at].text)
            }
            _ => return None,
        };
        Some(help)
    }

    /// `ALTER COLUMN`, `MODIFY`, `CHANGE`, and constraints that cannot be added.
    fn changes_a_column(&self) -> bool {
        let verbs = ["ALTER", "MODIFY", "CHANGE"];
        let constraints = ["CONSTRAINT", "PRIMARY", "FOREIGN", "UNIQUE", "CHECK"];
        let is = |at: usize, words: &[&str]| words.iter().any(|word| self.is(at, word));
        (3..=self.at).any(|at| is(at, &verbs) || (self.is(at - 1, "ADD") && is(at, &constraints)))
    }

    /// `KEY name (columns)` between the columns of a table.
    fn lists_an_index(&self) -> bool {
        let word = self.before().filter(|before| before.text == "(").map_or(self.at, |_| self.at - 1);
        let keyword = |at: usize| self.is(at, "KEY") || self.is(at, "INDEX");
        let separated = |at: usize| at > 0 && [",", "("].contains(&self.words[at - 1].text);
        (word.saturating_sub(2)..=self.at).any(|at| keyword(at) && separated(at))
    }

    /// Whether a name is expected here, and a word of SQL is given.
    fn is_name(&self) -> bool {
        let words = ["TABLE", "INTO", "COLUMN", "ADD", "VIEW", "UPDATE", "REFERENCES", "TO"];
        let before = self.before().is_some_and(|before| {
            let lists = self.starts(&["CREATE", "TABLE"]) && [",", "("].contains(&before.text);
            lists || before.text == "." || words.iter().any(|word| before.is_word(word))
        });
        before && RESERVED.iter().any(|word| self.is(self.at, word))
    }

    /// A keyword that is nearly one.
    fn misspelt(&self) -> Option<String> {
        [Some(self.at), self.at.checked_sub(1)].into_iter().flatten().find_map(|at| {
            let word = self.words.get(at).filter(|word| word.kind == TokenKind::Word && word.text.len() > 3)?;
            let known: &[&str] = if at == 0 { &STATEMENTS } else { &KEYWORDS };
            let right = nearest(word.text, known.iter().copied())?;
            (!word.is_word(right)).then(|| format!("write `{right}` for `{}`", word.text))
        })
    }
}
