//! Migrations that came into the list before recorded ones: a file merged from another branch.

use crate::decide::{Action, Decision, Start, Wanted, apply, prepare};
use crate::error::Error;
use crate::expected::Comparison;
use crate::inspect::Found;
use crate::migrator::Migrator;
use crate::recorded::{is_started, lacking, obstacle};
use crate::set::{Migration, Set};
use crate::version::Version;

impl<V: Version> Migrator<'_, V> {
    /// Whether migrations that the history lacks, and that stand in the list before recorded ones, are applied now; by default
    /// such a database is refused with [`Error::HistoryDiverged`].
    ///
    /// For databases of developers, after a merge. What was proved is the list's order, and here the migrations run in another
    /// one, so the schema has to be the list's at the end, whatever the [`DriftPolicy`](crate::DriftPolicy) says: otherwise
    /// all of it is rolled back, with [`Error::Drift`]. The rows that they leave are not compared with anything.
    ///
    /// Everything that is recorded has to be in the list, with the same text and in the same order. Those that are lacking run
    /// in one transaction, [`Atomicity::Each`](crate::Atomicity) or not, and before it is committed the history is written in
    /// the order of the list. Where that is not possible, the error is [`Error::OutOfOrder`].
    ///
    /// ```
    /// # use migrate_core::{Migrations, AnyVersion, Error, rusqlite::Connection};
    /// # fn example(migrations: &Migrations<AnyVersion>, conn: &mut Connection) -> Result<(), Error> {
    /// let report = migrations.migrator().out_of_order(true).run(conn)?;
    /// println!("{report}"); // out of order: 1 migration applied in 0.3 ms: `002_add_tags.sql`; …
    /// # Ok(())
    /// # }
    /// ```
    pub fn out_of_order(mut self, allow: bool) -> Self {
        self.out_of_order = allow;
        self
    }
}

/// What is lacking first, then the history in its new order, then what is pending; or the refusal of a run without this
/// option, where something else is wrong with the history.
pub(crate) fn decide(set: &Set, found: &Found, wanted: Wanted, refusal: Error) -> Result<Decision, Error> {
    let rows = found.history.rows();
    let Some(lacking) = lacking(set, rows) else {
        // What lies behind the first difference is in the way, if that difference itself is not.
        let lies_behind = matches!(&refusal, Error::HistoryDiverged { divergence } if divergence.is_of_known());
        return Err(obstacle(set, rows).filter(|_| lies_behind).unwrap_or(refusal));
    };
    let recorded = rows.len() + lacking.len();
    let refuse = |why, help, stands: &dyn Fn(&Migration) -> bool| {
        let standing = lacking.iter().map(|&index| &set.migrations[index]).filter(|migration| stands(migration));
        let migrations: Vec<String> = standing.map(|migration| format!("`{}`", migration.name)).collect();
        if migrations.is_empty() { Ok(()) } else { Err(Error::OutOfOrder { migrations, why, help }) }
    };
    if recorded > wanted.target {
        refuse("a later migration than the target is recorded", "choose a later target", &|_| true)?;
    }
    if is_started(rows) {
        let help = "let the build that began it end it first, or restore a backup";
        refuse("the newest recorded migration was interrupted outside a transaction", help, &|_| true)?;
    }
    let help = "give each a number after every migration that was released before it";
    refuse("`transaction: none` commits before the history is in order", help, &|migration| !migration.transaction)?;
    if lacking.iter().any(|&index| !set.migrations[index].foreign_keys) {
        let why = "`foreign_keys: on` needs a transaction without the others";
        refuse(why, help, &|migration| migration.foreign_keys)?;
    }
    let mut actions = prepare(found);
    actions.extend(lacking.iter().flat_map(|&index| apply(set, index, index + 1)));
    actions.push(Action::Order);
    actions.extend(apply(set, recorded, wanted.target));
    // Between two versions there is nothing to compare with.
    let difference = Comparison::default();
    Ok(Decision { start: Start::OutOfOrder, at: recorded, actions, difference })
}
