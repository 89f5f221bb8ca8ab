//! Keys: `PRIMARY KEY`, `UNIQUE`, and unique indexes.

use migrate_core::__private::Kind;

use super::{Added, Comparison, Demand, Unique};
use crate::acts::{Act, Said, is_name};
use crate::lineage::Origin;
use crate::tables::Key;
use crate::words::{plain, words};

impl Comparison<'_> {
    pub(super) fn keys(&self, found: &mut Vec<Added>) {
        let (lineage, kept) = (self.lineage, self.kept);
        let earlier: Vec<Key> = self.indexes(&kept.before.name, lineage.index).map(|(_, key)| key).collect();
        let earlier: Vec<&Key> = kept.was.keys.iter().chain(&earlier).collect();
        for key in &kept.is.keys {
            let of = key.parts.first().map_or("", |part| part.text.as_str());
            self.key(key, &earlier, &mut |demand, query| {
                let mut new = self.added(demand, self.shown(key), of, query);
                new.word = self.word_of_key(new.at, key).unwrap_or(new.word);
                found.push(new);
            });
        }
        for (name, key) in self.indexes(&kept.after.name, lineage.position()) {
            let is_made = |said: &&Said<'_>| matches!(&said.act, Act::Create { kind: Kind::Index, name: made, .. } if made.is(&name));
            let Some(at) = lineage.said.iter().rposition(|said| is_made(&said)) else { continue };
            self.key(&key, &earlier, &mut |demand, query| {
                let word = lineage.said[at].words.iter().position(|word| is_name(word, &name)).unwrap_or(0);
                let new = self.added(demand, self.shown(&key), "", query);
                found.push(Added { at, word, ..new });
            });
        }
    }

    /// A key, unless one from before sees to it.
    fn key(&self, key: &Key, earlier: &[&Key], say: &mut dyn FnMut(Demand, Option<String>)) {
        let kept = self.kept;
        let mut parts = Vec::new();
        for part in &key.parts {
            let names: Vec<String> = match &part.column {
                Some(column) => vec![column.clone()],
                None => self.named(&words(&part.text)),
            };
            // What is new holds the same in every row: that fails on any, or on none.
            if names.iter().any(|name| matches!(kept.origin(name), Origin::New | Origin::Rowid)) {
                return;
            }
            let own = part.column.as_ref().and_then(|name| kept.is.column(name)).and_then(|c| c.collate.clone());
            let collate = part.collate.clone().or(own).unwrap_or_else(|| "BINARY".to_owned());
            let columns = names.iter().filter_map(|name| self.source(name)).collect();
            parts.push(Unique { columns, collate, is_expression: part.column.is_none() });
        }
        let implies = |earlier: &&Key| {
            earlier.condition.is_none()
                && earlier.parts.iter().all(|part| {
                    let Some(column) = &part.column else { return false };
                    let own = kept.was.column(column).and_then(|column| column.collate.clone());
                    let collate = part.collate.clone().or(own).unwrap_or_else(|| "BINARY".to_owned());
                    key.parts.iter().zip(&parts).any(|(new, unique)| {
                        let same = new.column.as_ref().and_then(|name| kept.column(name));
                        same.is_some_and(|same| same.eq_ignore_ascii_case(column))
                            && (unique.collate == collate || unique.collate == "BINARY")
                    })
                })
        };
        // What the words of an expression or a condition imply, only SQLite knows; the same ones imply the same.
        let is_plain = key.condition.is_none() && key.parts.iter().all(|part| part.column.is_some());
        let same = |earlier: &&Key| !is_plain && earlier.shown().eq_ignore_ascii_case(&key.shown());
        if parts.iter().all(|part| part.columns.is_empty()) || earlier.iter().any(|key| implies(key) || same(key)) {
            return;
        }
        let query = self.duplicates(key, &parts);
        let now = key.parts.iter().filter_map(|part| part.column.clone()).collect();
        let condition = key.condition.as_ref().map(|condition| self.rewritten(condition));
        say(Demand::Unique { parts, condition, now }, query);
    }

    fn duplicates(&self, key: &Key, parts: &[Unique]) -> Option<String> {
        let mut conditions: Vec<String> =
            key.condition.iter().map(|condition| format!("({})", self.rewritten(condition))).collect();
        let mut listed = Vec::new();
        for (part, unique) in key.parts.iter().zip(parts) {
            let name = match &part.column {
                Some(column) => plain(self.kept.column(column)?),
                None if self.named(&words(&part.text)).iter().all(|name| self.kept.column(name).is_some()) => {
                    self.rewritten(&part.text)
                }
                None => return None,
            };
            // NULLs are no duplicates of each other.
            if unique.is_expression || unique.columns.iter().any(|column| !self.kept.was.is_full(column)) {
                conditions.push(format!("{name} IS NOT NULL"));
            }
            let own = self.kept.was.column(&name).and_then(|column| column.collate.clone());
            let is_own = unique.collate == own.unwrap_or_else(|| "BINARY".to_owned());
            listed.push(if is_own { name } else { format!("{name} COLLATE {}", unique.collate) });
        }
        let (listed, table) = (listed.join(", "), self.table());
        let condition =
            if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) };
        Some(format!("SELECT {listed}, count(*) FROM {table}{condition} GROUP BY {listed} HAVING count(*) > 1"))
    }

    /// With the collations of its columns, where they are not the usual one.
    fn shown(&self, key: &Key) -> String {
        let own = |name: &String| self.kept.is.column(name).and_then(|column| column.collate.clone());
        key.shown_with(|name| own(name).filter(|collate| collate != "BINARY"))
    }

    /// The unique indexes of a table at a position.
    fn indexes(&self, table: &str, position: usize) -> impl Iterator<Item = (String, Key)> {
        let shapes =
            self.timeline.names(Kind::Index).filter_map(move |name| self.timeline.at(Kind::Index, name, position));
        let own = shapes.filter(move |shape| shape.table.eq_ignore_ascii_case(table));
        own.filter_map(|shape| Some((shape.name.clone(), Key::of_index(&shape.sql)?))).collect::<Vec<_>>().into_iter()
    }

    /// Where a key of several columns stands.
    fn word_of_key(&self, at: usize, key: &Key) -> Option<usize> {
        let words = &self.lineage.said.get(at).filter(|_| key.parts.len() > 1)?.words;
        let is_it = |from: usize| {
            let rest = words[from..].iter().skip_while(|word| word.text != "(").skip(1);
            let names = rest.take_while(|word| word.text != ")").filter(|word| word.text != ",");
            names.map(|word| word.name().unwrap_or_default()).eq(key.parts.iter().map(|part| part.text.as_str()))
        };
        let first = if key.primary { "PRIMARY" } else { "UNIQUE" };
        (0..words.len()).find(|&from| words[from].is_word(first) && is_it(from))
    }
}
