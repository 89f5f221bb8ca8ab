//! The tables whose rows outlive a migration, and where each of their columns comes from.

use std::collections::BTreeSet;

use migrate_core::__private::{Change, Kind};

use super::{End, Fate, Lineage};
use crate::acts::{Act, Filling, Said};
use crate::replay::{Shape, Timeline};
use crate::tables::Table;

/// A table that is otherwise defined after a migration, with rows from before in it.
pub(crate) struct Kept<'a> {
    pub(crate) before: &'a Shape,
    pub(crate) after: &'a Shape,
    pub(crate) was: Table,
    pub(crate) is: Table,
    /// The statement that makes the table which has taken the place of the old one.
    pub(crate) made: Option<usize>,
    /// The statement that copies the rows into it.
    pub(crate) copy: Option<usize>,
    /// Where the values of each column come from, in the order of the columns.
    origins: Vec<Origin>,
}

/// Where the values of a column come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A column from before, by its name then.
    Column(String),
    Rowid,
    /// They are worked out.
    Worked,
    /// There were none: NULL, or its default.
    New,
}

impl<'a> Kept<'a> {
    /// Those that this migration defines anew, or makes an index for.
    pub(crate) fn all(lineage: &Lineage<'_>, changes: &[Change], timeline: &'a Timeline) -> Vec<Kept<'a>> {
        let mut names = BTreeSet::new();
        for change in changes.iter().filter(|change| change.after.is_some()) {
            if matches!(change.object.kind, Kind::Table | Kind::Index) {
                names.insert(change.object.table.to_ascii_lowercase());
            }
        }
        names.into_iter().filter_map(|name| Kept::of(lineage, timeline, &name)).collect()
    }

    fn of(lineage: &Lineage<'_>, timeline: &'a Timeline, name: &str) -> Option<Kept<'a>> {
        let (before, fate) = earlier(lineage, timeline, name)?;
        let after = timeline.at(Kind::Table, name, lineage.position())?;
        let (was, is) = (Table::of(&before.sql), Table::of(&after.sql));
        if was.is_virtual || is.is_virtual {
            return None;
        }
        let makes = |said: &Said<'_>, at: usize| {
            matches!(&said.act, Act::Create { kind: Kind::Table, name: made, .. }
                if lineage.finally(&made.text, at).eq_ignore_ascii_case(name))
        };
        let made = lineage.said.iter().enumerate().rposition(|(at, said)| makes(said, at));
        let mut kept = Kept { before, after, was, is, made, copy: None, origins: Vec::new() };
        kept.origins = match (fate, kept.made) {
            (Some(fate), Some(_)) => kept.copied(lineage, fate),
            (fate, _) => kept.is.columns.iter().map(|column| kept.stayed(fate, &column.name)).collect(),
        };
        Some(kept)
    }

    /// Where the values of a column come from.
    pub(crate) fn origin(&self, column: &str) -> &Origin {
        let at = self.is.columns.iter().position(|other| other.name.eq_ignore_ascii_case(column));
        at.and_then(|at| self.origins.get(at)).unwrap_or(&Origin::New)
    }

    /// The column from before whose values a column holds as they were.
    pub(crate) fn column(&self, column: &str) -> Option<&str> {
        match self.origin(column) {
            Origin::Column(name) => Some(name),
            _ => None,
        }
    }

    /// In a table that stays, by its name.
    fn stayed(&self, fate: Option<&Fate>, column: &str) -> Origin {
        let renamed = fate.and_then(|fate| fate.renamed.iter().find(|(_, to)| to.eq_ignore_ascii_case(column)));
        let name = renamed.map_or(column, |(from, _)| from);
        let gone = fate.is_some_and(|fate| {
            fate.dropped_columns.iter().any(|(dropped, _)| dropped.eq_ignore_ascii_case(name))
                || (renamed.is_none() && fate.renamed.iter().any(|(from, _)| from.eq_ignore_ascii_case(name)))
        });
        if self.before.has_column(name) && !gone { Origin::Column(name.to_owned()) } else { Origin::New }
    }

    /// By the copies that fill the new table.
    fn copied(&mut self, lineage: &Lineage<'_>, fate: &Fate) -> Vec<Origin> {
        let copies: Vec<_> = lineage.copies_into(&self.after.name).filter(|(at, _)| fate.copies.contains(at)).collect();
        self.copy = copies.first().map(|(at, _)| *at);
        let old = |name: &str| {
            let renamed = fate.renamed.iter().find(|(_, to)| to.eq_ignore_ascii_case(name));
            let name = renamed.map_or(name, |(from, _)| from);
            if self.before.has_column(name) {
                Origin::Column(name.to_owned())
            } else if ["rowid", "_rowid_", "oid"].iter().any(|word| name.eq_ignore_ascii_case(word)) {
                Origin::Rowid
            } else {
                Origin::Worked
            }
        };
        let of = |column: &str| {
            let mut found = Origin::New;
            for (_, copy) in &copies {
                let at = match &copy.columns {
                    Some(columns) => columns.iter().position(|name| name.eq_ignore_ascii_case(column)),
                    None => self.is.columns.iter().position(|other| other.name.eq_ignore_ascii_case(column)),
                };
                let origin = match (at, &copy.fillings) {
                    (None, _) => continue,
                    // Nobody can tell; mostly, by its name.
                    (Some(_), None) => old(column),
                    (Some(at), Some(fillings)) => match fillings.get(at) {
                        Some(Filling::Column(name)) => old(name),
                        Some(Filling::Expression) => Origin::Worked,
                        Some(Filling::Null) | None => Origin::New,
                    },
                };
                if !matches!(found, Origin::Column(_)) {
                    found = origin;
                }
            }
            found
        };
        self.is.columns.iter().map(|column| of(&column.name)).collect()
    }
}

/// The table from before whose rows are in a table afterwards.
fn earlier<'l, 'a>(
    lineage: &'l Lineage<'_>,
    timeline: &'a Timeline,
    name: &str,
) -> Option<(&'a Shape, Option<&'l Fate>)> {
    let at = |name: &str| timeline.at(Kind::Table, name, lineage.index);
    let fills = |fate: &Fate| lineage.copies_into(name).any(|(at, _)| fate.copies.contains(&at));
    for fate in &lineage.fates {
        let is_here = match lineage.end_of(&fate.name) {
            End::There(now) if now.eq_ignore_ascii_case(name) => true,
            // It has made room, and is there still.
            End::There(_) => fate.name.eq_ignore_ascii_case(name) && fate.made_again.is_some() && fills(fate),
            End::Rebuilt => fate.name.eq_ignore_ascii_case(name),
            // Its rows have gone into a table of another name.
            End::Gone => fate.made_again.is_none() && at(name).is_none() && fills(fate),
        };
        if is_here {
            return Some((at(&fate.name)?, Some(fate)));
        }
    }
    let is_known = lineage.fates.iter().any(|fate| fate.name.eq_ignore_ascii_case(name));
    at(name).filter(|_| !is_known).map(|shape| (shape, None))
}
