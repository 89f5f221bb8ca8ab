//! A `CREATE TABLE` statement as text: its columns and constraints, each as its author wrote it.

use std::ops::Range;

use migrate_sql::{Token, TokenKind, tokens};

/// A `CREATE TABLE` that SQLite has accepted, cut into its parts.
pub(crate) struct CreateTable<'a> {
    sql: &'a str,
    /// The table's name.
    name: Token<'a>,
    /// Where the parenthesis opens, and where it closes.
    open: usize,
    close: usize,
    items: Vec<Item<'a>>,
}

/// A column or a constraint.
struct Item<'a> {
    /// The column's name; `None` for a constraint of the table.
    column: Option<String>,
    /// From its first word to its last.
    span: Range<usize>,
    /// The comments on lines of their own before it.
    before: Vec<&'a str>,
    /// The comments behind it, before or after the comma.
    behind: Vec<&'a str>,
}

impl<'a> CreateTable<'a> {
    /// `None` for anything else, such as a virtual table.
    pub(crate) fn of(sql: &'a str) -> Option<CreateTable<'a>> {
        let all: Vec<Token<'a>> = tokens(sql).collect();
        let mut words = all.iter().filter(|token| token.is_significant());
        if !(words.next()?.is_word("CREATE") && words.next()?.is_word("TABLE")) {
            return None;
        }
        let name = *words.next()?;
        name.name()?;
        let open = all.iter().position(|token| token.text == "(")?;
        let mut reader = Reader { sql, items: Vec::new(), item: None, before: Vec::new(), after_comma: false };
        let mut depth = 0usize;
        for token in &all[open..] {
            match token.text {
                "(" => depth += 1,
                ")" => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                reader.finish();
                let items = reader.items;
                return Some(CreateTable { sql, name, open: all[open].start, close: token.start, items });
            }
            if !(depth == 1 && token.text == "(" && token.start == all[open].start) {
                reader.token(token, depth);
            }
        }
        None
    }

    /// The text of a column, by its name in any ASCII case.
    pub(crate) fn column(&self, name: &str) -> Option<&'a str> {
        let is_it = |item: &&Item<'_>| item.column.as_ref().is_some_and(|column| column.eq_ignore_ascii_case(name));
        Some(&self.sql[self.items.iter().find(is_it)?.span.clone()])
    }

    /// The same statement for a table of another name; `new` is written as it is.
    pub(crate) fn renamed(&self, new: &str) -> String {
        let old = self.name.name().unwrap_or_default();
        let mut text = String::with_capacity(self.sql.len());
        let mut at = 0;
        let words: Vec<Token<'_>> = tokens(self.sql).filter(Token::is_significant).collect();
        for (index, word) in words.iter().enumerate() {
            let is_name = word.start == self.name.start;
            // `CHECK (notes.a > 0)` is about this table.
            let qualifies = words.get(index + 1).is_some_and(|next| next.text == ".")
                && word.name().is_some_and(|name| name.eq_ignore_ascii_case(&old));
            if is_name || qualifies {
                text.push_str(&self.sql[at..word.start]);
                text.push_str(new);
                at = word.end();
            }
        }
        text.push_str(&self.sql[at..]);
        text
    }

    /// The statement with one column or constraint on a line, under the name given; as it is where it is laid out like
    /// that already.
    pub(crate) fn pretty(&self, name: &str) -> String {
        let tail = self.sql[self.close + 1..].trim();
        let space = if tail.is_empty() { "" } else { " " };
        if self.has_lines() {
            return format!("CREATE TABLE {name} {}{space}{tail}", &self.sql[self.open..=self.close]);
        }
        let mut text = format!("CREATE TABLE {name} (\n");
        for (index, item) in self.items.iter().enumerate() {
            for comment in &item.before {
                text.push_str(&format!("    {comment}\n"));
            }
            let comma = if index + 1 < self.items.len() { "," } else { "" };
            let own = &self.sql[item.span.clone()];
            // A comment of the line kind would swallow the comma.
            text.push_str(&format!("    {own}{comma}"));
            for comment in &item.behind {
                text.push_str(&format!(" {comment}"));
            }
            text.push('\n');
        }
        format!("{text}){space}{tail}")
    }

    /// Whether every column and constraint, and what closes them, begins a line.
    fn has_lines(&self) -> bool {
        let begins_line = |at: usize| {
            let line = self.sql[..at].rfind('\n').map(|newline| newline + 1);
            line.is_some_and(|line| self.sql[line..at].trim().is_empty())
        };
        self.items.iter().all(|item| begins_line(item.span.start)) && begins_line(self.close)
    }
}

/// Goes over the tokens between the parentheses.
struct Reader<'a> {
    sql: &'a str,
    items: Vec<Item<'a>>,
    item: Option<Item<'a>>,
    /// Comments that have no item yet.
    before: Vec<&'a str>,
    /// Whether nothing but spaces came since a comma on this line.
    after_comma: bool,
}

impl<'a> Reader<'a> {
    fn token(&mut self, token: &Token<'a>, depth: usize) {
        match token.kind {
            TokenKind::Comment | TokenKind::UnterminatedComment => self.comment(token),
            TokenKind::Space => self.after_comma &= !token.text.contains('\n'),
            _ if depth == 1 && token.text == "," => {
                self.finish();
                self.after_comma = true;
            }
            _ => {
                self.after_comma = false;
                match &mut self.item {
                    // Comments within an item are part of its text.
                    Some(item) => {
                        item.span.end = token.end();
                        item.behind.clear();
                    }
                    None => self.begin(token),
                }
            }
        }
    }

    fn begin(&mut self, token: &Token<'a>) {
        const OF_TABLE: [&str; 5] = ["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"];
        let of_table = OF_TABLE.iter().any(|word| token.is_word(word));
        let column = token.name().filter(|_| !of_table).map(std::borrow::Cow::into_owned);
        let before = std::mem::take(&mut self.before);
        self.item = Some(Item { column, span: token.start..token.end(), before, behind: Vec::new() });
    }

    fn comment(&mut self, token: &Token<'a>) {
        let text = self.sql[token.start..token.end()].trim_end();
        match (&mut self.item, self.items.last_mut()) {
            (Some(item), _) => item.behind.push(text),
            (None, Some(last)) if self.after_comma => last.behind.push(text),
            (None, _) => self.before.push(text),
        }
    }

    fn finish(&mut self) {
        self.items.extend(self.item.take());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_item_on_a_line() {
        let sql = "CREATE TABLE \"notes\"(id INTEGER PRIMARY KEY, -- the key\n  -- what it says\n  body TEXT \
                   CHECK (notes.body <> ',' /* x */) /* y */, tags, CONSTRAINT c UNIQUE (body, tags)) STRICT";
        let table = CreateTable::of(sql).unwrap();
        insta::assert_snapshot!(table.pretty("notes"), @r"
        CREATE TABLE notes (
            id INTEGER PRIMARY KEY, -- the key
            -- what it says
            body TEXT CHECK (notes.body <> ',' /* x */), /* y */
            tags,
            CONSTRAINT c UNIQUE (body, tags)
        ) STRICT
        ");
        assert_eq!(table.column("TAGS"), Some("tags"));
        assert_eq!(table.column("c"), None);
        assert!(table.renamed("other").starts_with("CREATE TABLE other(id"), "{}", table.renamed("other"));
        assert!(table.renamed("other").contains("CHECK (other.body"));
    }

    #[test]
    fn what_is_laid_out_stays() {
        let sql = "CREATE TABLE notes(\n  id INTEGER, -- the key\n  body\n)";
        let pretty = CreateTable::of(sql).unwrap().pretty("notes");
        assert_eq!(pretty, "CREATE TABLE notes (\n  id INTEGER, -- the key\n  body\n)");
        let again = CreateTable::of(&pretty).unwrap().pretty("notes");
        assert_eq!(again, pretty);
    }
}
