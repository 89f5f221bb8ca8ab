//! What a `CREATE TABLE` promises: its columns and constraints, read from the words that SQLite has accepted.

mod key;

use migrate_sql::{Token, TokenKind};

pub(crate) use key::Key;

use crate::words::words;

/// A table, as its `CREATE` statement has it.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(crate) columns: Vec<Column>,
    pub(crate) constraints: Vec<Constraint>,
    /// The primary key and every `UNIQUE`, with their collations.
    pub(crate) keys: Vec<Key>,
    pub(crate) strict: bool,
    pub(crate) without_rowid: bool,
    pub(crate) is_virtual: bool,
}

/// A column and what is said of it alone.
#[derive(Debug, Default)]
pub(crate) struct Column {
    pub(crate) name: String,
    /// Its type, in capitals.
    pub(crate) kind: String,
    pub(crate) not_null: bool,
    pub(crate) collate: Option<String>,
    pub(crate) default: Option<String>,
    pub(crate) generated: Option<String>,
    pub(crate) autoincrement: bool,
}

/// A constraint, of a table or of one of its columns.
#[derive(Debug)]
pub(crate) enum Constraint {
    PrimaryKey(Vec<String>),
    Unique(Vec<String>),
    Check(Check),
    Reference(Reference),
}

/// `CHECK (…)`.
#[derive(Debug)]
pub(crate) struct Check {
    /// As written, with single spaces.
    pub(crate) text: String,
    /// Folded, for comparison.
    pub(crate) meaning: Vec<String>,
}

/// A foreign key.
#[derive(Debug)]
pub(crate) struct Reference {
    pub(crate) columns: Vec<String>,
    pub(crate) parent: String,
    /// The parent's columns; none for its primary key.
    pub(crate) to: Vec<String>,
    /// `ON DELETE` and what follows it, in capitals; empty where nothing is done.
    pub(crate) on_delete: String,
    pub(crate) on_update: String,
}

impl Table {
    pub(crate) fn of(sql: &str) -> Table {
        let words = words(sql);
        let mut table = Table::default();
        if words.get(1).is_some_and(|word| word.is_word("VIRTUAL")) {
            table.is_virtual = true;
            return table;
        }
        let Some(open) = words.iter().position(|word| word.text == "(") else { return table };
        let close = closing(&words, open);
        for item in items(&words[open + 1..close]) {
            table.item(item);
        }
        let options = &words[(close + 1).min(words.len())..];
        table.strict = options.iter().any(|word| word.is_word("STRICT"));
        table.without_rowid = options.iter().any(|word| word.is_word("WITHOUT"));
        table
    }

    pub(crate) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name))
    }

    /// The primary key and every `UNIQUE`, by their columns.
    pub(crate) fn unique(&self) -> impl Iterator<Item = &[String]> {
        self.constraints.iter().filter_map(|constraint| match constraint {
            Constraint::PrimaryKey(columns) | Constraint::Unique(columns) => Some(columns.as_slice()),
            _ => None,
        })
    }

    pub(crate) fn references(&self) -> impl Iterator<Item = &Reference> {
        self.constraints.iter().filter_map(|constraint| match constraint {
            Constraint::Reference(reference) => Some(reference),
            _ => None,
        })
    }

    pub(crate) fn checks(&self) -> impl Iterator<Item = &Check> {
        self.constraints.iter().filter_map(|constraint| match constraint {
            Constraint::Check(check) => Some(check),
            _ => None,
        })
    }

    /// Whether its rows have an id that is theirs for good: `INTEGER PRIMARY KEY`, or no rowid at all.
    pub(crate) fn keeps_ids(&self) -> bool {
        self.without_rowid || self.is_virtual || self.columns.iter().any(|column| self.is_rowid(&column.name))
    }

    /// Whether a column's values are the table's rowids.
    pub(crate) fn is_rowid(&self, column: &str) -> bool {
        let is_key = |columns: &[String]| columns.len() == 1 && columns[0].eq_ignore_ascii_case(column);
        !self.without_rowid
            && self.column(column).is_some_and(|column| column.kind == "INTEGER")
            && self.constraints.iter().any(|constraint| matches!(constraint, Constraint::PrimaryKey(c) if is_key(c)))
    }

    /// Whether a column never holds NULL.
    pub(crate) fn is_full(&self, column: &str) -> bool {
        let in_key = |columns: &[String]| columns.iter().any(|other| other.eq_ignore_ascii_case(column));
        let is_strict = self.strict || self.without_rowid;
        self.is_rowid(column)
            || self.column(column).is_some_and(|column| column.not_null)
            || (is_strict && self.constraints.iter().any(|one| matches!(one, Constraint::PrimaryKey(c) if in_key(c))))
    }

    fn item(&mut self, item: &[Token<'_>]) {
        let table_words = ["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"];
        let Some(first) = item.first() else { return };
        if table_words.iter().any(|word| first.is_word(word)) {
            return self.constraints(item, None);
        }
        let Some(name) = first.name() else { return };
        let end = item.iter().skip(1).position(starts_constraint).map_or(item.len(), |at| at + 1);
        let kind = item[1..end].iter().map(|word| word.text.to_ascii_uppercase()).collect::<Vec<_>>().join(" ");
        self.columns.push(Column { name: name.to_string(), kind, ..Column::default() });
        self.constraints(&item[end..], Some(self.columns.len() - 1));
    }

    /// Constraints, one behind the other; those of a column, where one is given.
    fn constraints(&mut self, words: &[Token<'_>], column: Option<usize>) {
        let own = |table: &Table| column.map(|at| table.columns[at].name.clone()).into_iter().collect::<Vec<_>>();
        let mut at = 0;
        while at < words.len() {
            let word = &words[at];
            let open = words.iter().skip(at).position(|word| word.text == "(").map(|open| open + at);
            let inside = |open: usize| &words[open + 1..closing(words, open).max(open + 1)];
            if word.is_word("PRIMARY") || word.is_word("UNIQUE") {
                let primary = word.is_word("PRIMARY");
                let columns = match (column, open) {
                    (None, Some(open)) => {
                        self.keys.push(Key::of(inside(open), primary));
                        column_names(inside(open))
                    }
                    _ => {
                        let own = own(self);
                        self.keys.extend(own.first().map(|name| Key::of_column(name, primary)));
                        own
                    }
                };
                self.constraints.push(if primary {
                    Constraint::PrimaryKey(columns)
                } else {
                    Constraint::Unique(columns)
                });
            } else if word.is_word("NOT") && words.get(at + 1).is_some_and(|word| word.is_word("NULL")) {
                if let Some(column) = column {
                    self.columns[column].not_null = true;
                }
            } else if word.is_word("AUTOINCREMENT") {
                if let Some(column) = column {
                    self.columns[column].autoincrement = true;
                }
            } else if word.is_word("CHECK") && is_open(words, at + 1) {
                let inner = inside(at + 1);
                self.constraints.push(Constraint::Check(Check { text: text(inner), meaning: meaning(inner) }));
            } else if word.is_word("COLLATE") {
                let name = words.get(at + 1).and_then(Token::name).map(|name| name.to_ascii_uppercase());
                if let Some(column) = column {
                    self.columns[column].collate = name;
                }
            } else if word.is_word("DEFAULT") {
                let end = if is_open(words, at + 1) { closing(words, at + 1) + 1 } else { at + 2 };
                let end = end + usize::from(words.get(at + 1).is_some_and(|word| ["-", "+"].contains(&word.text)));
                if let Some(column) = column {
                    self.columns[column].default = Some(text(&words[at + 1..end.min(words.len())]));
                }
                at = end.max(at + 1);
                continue;
            } else if word.is_word("AS") && is_open(words, at + 1) {
                if let Some(column) = column {
                    self.columns[column].generated = Some(text(inside(at + 1)));
                }
            } else if word.is_word("FOREIGN")
                && let Some(open) = open
            {
                let columns = column_names(inside(open));
                at = closing(words, open) + 1;
                self.reference(&words[at.min(words.len())..], columns);
            } else if word.is_word("REFERENCES") && column.is_some() {
                self.reference(&words[at..], own(self));
            }
            at = if is_open(words, at + 1) { closing(words, at + 1) + 1 } else { at + 1 };
        }
    }

    fn reference(&mut self, words: &[Token<'_>], columns: Vec<String>) {
        let Some(parent) = words.get(1).and_then(Token::name) else { return };
        let action = |event: &str| {
            let at = words.windows(2).position(|pair| pair[0].is_word("ON") && pair[1].is_word(event));
            let Some(at) = at else { return String::new() };
            let two = words.get(at + 2).is_some_and(|word| word.is_word("SET") || word.is_word("NO"));
            let action = text(&words[(at + 2).min(words.len())..(at + 3 + usize::from(two)).min(words.len())]);
            let action = action.to_ascii_uppercase();
            if action == "NO ACTION" { String::new() } else { format!("ON {event} {action}") }
        };
        let (on_delete, on_update) = (action("DELETE"), action("UPDATE"));
        let to = if is_open(words, 2) { column_names(&words[3..closing(words, 2)]) } else { Vec::new() };
        self.constraints.push(Constraint::Reference(Reference {
            columns,
            parent: parent.to_string(),
            to,
            on_delete,
            on_update,
        }));
    }
}

impl Check {
    /// Whether it speaks of a column.
    pub(crate) fn mentions(&self, column: &str) -> bool {
        self.meaning.iter().any(|word| word.eq_ignore_ascii_case(column))
    }
}

pub(crate) fn starts_constraint(word: &Token<'_>) -> bool {
    const WORDS: [&str; 10] =
        ["CONSTRAINT", "PRIMARY", "NOT", "NULL", "UNIQUE", "CHECK", "DEFAULT", "COLLATE", "REFERENCES", "GENERATED"];
    WORDS.iter().any(|start| word.is_word(start)) || word.is_word("AS")
}

fn is_open(words: &[Token<'_>], at: usize) -> bool {
    words.get(at).is_some_and(|word| word.text == "(")
}

/// The parenthesis that closes the one at `open`, or the end.
fn closing(words: &[Token<'_>], open: usize) -> usize {
    crate::words::closing(words, open).unwrap_or(words.len())
}

/// What stands between the commas that no parenthesis encloses.
fn items<'w, 'a>(words: &'w [Token<'a>]) -> Vec<&'w [Token<'a>]> {
    let (mut found, mut from, mut depth) = (Vec::new(), 0, 0i32);
    for (at, word) in words.iter().enumerate() {
        match word.text {
            "(" => depth += 1,
            ")" => depth -= 1,
            "," if depth == 0 => {
                found.push(&words[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    found.push(&words[from..]);
    found
}

/// The first word of each item: `a COLLATE NOCASE DESC` is `a`.
pub(crate) fn column_names(words: &[Token<'_>]) -> Vec<String> {
    items(words).into_iter().filter_map(|item| Some(item.first()?.name()?.into_owned())).collect()
}

fn text(words: &[Token<'_>]) -> String {
    let mut text = String::new();
    for (at, word) in words.iter().enumerate() {
        let apart = at > 0 && word.start > words[at - 1].end();
        if apart {
            text.push(' ');
        }
        text.push_str(word.text);
    }
    text
}

fn meaning(words: &[Token<'_>]) -> Vec<String> {
    let folded = |word: &Token<'_>| match word.kind {
        TokenKind::Word | TokenKind::Quoted | TokenKind::DoubleQuoted => {
            word.name().unwrap_or_default().to_ascii_lowercase()
        }
        _ => word.text.to_owned(),
    };
    words.iter().map(folded).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_table_promises() {
        let table = Table::of(
            "CREATE TABLE \"notes\" (id INTEGER PRIMARY KEY AUTOINCREMENT, \
             name VARCHAR(20) NOT NULL COLLATE nocase DEFAULT 'it''s' UNIQUE CHECK (length(name) > 1), \
             n INT DEFAULT -1, m DEFAULT (1 + 2) REFERENCES other(x) ON DELETE SET NULL ON UPDATE CASCADE, \
             g TEXT GENERATED ALWAYS AS (name || 'x') STORED, plain, \
             CONSTRAINT c CHECK (n < m), UNIQUE (name, n DESC), \
             FOREIGN KEY (n, m) REFERENCES parent ON DELETE NO ACTION DEFERRABLE) STRICT, WITHOUT ROWID",
        );
        let columns: Vec<String> = table
            .columns
            .iter()
            .map(|c| {
                format!("{}:{}:{:?}:{:?}:{:?}:{}", c.name, c.kind, c.collate, c.default, c.generated, c.autoincrement)
            })
            .collect();
        assert_eq!(
            columns,
            [
                "id:INTEGER:None:None:None:true",
                "name:VARCHAR ( 20 ):Some(\"NOCASE\"):Some(\"'it''s'\"):None:false",
                "n:INT:None:Some(\"-1\"):None:false",
                "m::None:Some(\"(1 + 2)\"):None:false",
                "g:TEXT:None:None:Some(\"name || 'x'\"):false",
                "plain::None:None:None:false",
            ]
        );
        let full: Vec<&str> =
            table.columns.iter().filter(|column| column.not_null).map(|column| column.name.as_str()).collect();
        assert_eq!(full, ["name"]);
        let keys: Vec<String> = table.keys.iter().map(Key::shown).collect();
        assert_eq!(keys, ["PRIMARY KEY (id)", "UNIQUE (name)", "UNIQUE (name, n)"]);
        let to: Vec<&[String]> = table.references().map(|reference| reference.to.as_slice()).collect();
        assert_eq!(to, [&["x".to_owned()][..], &[]]);
        let index = "CREATE UNIQUE INDEX i ON t(a COLLATE nocase DESC, lower(b)) WHERE c IS NULL";
        let index = Key::of_index(index).map(|key| (key.shown(), key.parts[1].column.is_some()));
        assert_eq!(index, Some(("UNIQUE (a COLLATE NOCASE, lower(b)) WHERE c IS NULL".to_owned(), false)));
        let constraints: Vec<String> = table
            .constraints
            .iter()
            .map(|constraint| match constraint {
                Constraint::PrimaryKey(columns) => format!("primary {columns:?}"),
                Constraint::Unique(columns) => format!("unique {columns:?}"),
                Constraint::Check(check) => format!("check {}", check.text),
                Constraint::Reference(r) => format!("{:?} to {} {} {}", r.columns, r.parent, r.on_delete, r.on_update),
            })
            .collect();
        assert_eq!(
            constraints,
            [
                "primary [\"id\"]",
                "unique [\"name\"]",
                "check length(name) > 1",
                "[\"m\"] to other ON DELETE SET NULL ON UPDATE CASCADE",
                "check n < m",
                "unique [\"name\", \"n\"]",
                "[\"n\", \"m\"] to parent  ",
            ]
        );
        assert!(table.strict && table.without_rowid && table.keeps_ids());
        assert!(!Table::of("CREATE TABLE t(a INT PRIMARY KEY)").keeps_ids());
    }
}
