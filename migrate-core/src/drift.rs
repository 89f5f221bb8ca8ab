//! What becomes of a schema that is not the expected one.

use crate::LOG;
use crate::catalog::Catalog;
use crate::decide::Decision;
use crate::details::details;
use crate::error::{Error, State};
use crate::expected::{Comparison, list, show};
use crate::inspect::Found;
use crate::policy::DriftPolicy;
use crate::run::{Done, Run};
use crate::set::Key;

impl Run<'_> {
    /// Says how the schema differs from that of the version which the migrations begin at. What they make of it may look as
    /// expected all the same: a table that is rebuilt loses the column that somebody added.
    pub(crate) fn judge_start(&self, decision: &Decision, done: &mut Done) -> Result<(), Error> {
        if decision.difference.is_same() || decision.scripts() == 0 {
            return Ok(());
        }
        let state = || State::Unchanged { at: Some(self.set.position_name(decision.at)) };
        let mut judged = Done::nothing(decision.at);
        self.judge_drift(decision.at, decision.difference.clone(), None, state, &mut judged)?;
        done.drift_before = judged.drift;
        Ok(())
    }

    /// Says which objects that no version makes have gone with their table.
    pub(crate) fn judge_removed(
        &self,
        found: &Found,
        live: &Catalog,
        state: impl FnOnce() -> State,
        done: &mut Done,
    ) -> Result<(), Error> {
        let is_gone = |key: &&Key| !found.known.contains(*key) && !live.entries().contains_key(*key);
        let gone = found.live.entries().iter().filter(|(key, _)| is_gone(key));
        let removed: Vec<String> =
            gone.map(|(_, entry)| format!("{} on `{}`", show(&entry.object), entry.object.table)).collect();
        if removed.is_empty() {
            return Ok(());
        }
        match self.drift {
            DriftPolicy::Ignore => {}
            DriftPolicy::Warn => {
                log::warn!(target: LOG, "the migrations removed what none of them makes, with its table: {}", list(&removed));
            }
            DriftPolicy::Error => return Err(Error::Removes { removed, state: Box::new(state()) }),
        }
        done.removed.extend(removed);
        Ok(())
    }

    /// Refuses a schema that drifted, as a run with nothing to do would.
    pub(crate) fn judge(&self, decision: &Decision) -> Result<(), Error> {
        let state = || State::Unchanged { at: Some(self.set.position_name(decision.at)) };
        self.judge_drift(decision.at, decision.difference.clone(), None, state, &mut Done::nothing(decision.at))
    }

    /// Says how the schema differs, as the policy has it. A schema that was exactly as expected before the run, and then
    /// lacks something or has too much, is an error under every policy: the migrations acted on something else.
    pub(crate) fn judge_drift(
        &self,
        position: usize,
        mut difference: Comparison,
        before: Option<&Comparison>,
        state: impl FnOnce() -> State,
        done: &mut Done,
    ) -> Result<(), Error> {
        let at = self.set.position_name(position);
        if !difference.reordered.is_empty() {
            log::info!(target: LOG, "the schema is that of {at} but for the order of columns: {difference}");
        }
        let odd = before.is_some_and(Comparison::is_same) && difference.missing.len() + difference.unexpected.len() > 0;
        if !difference.is_same() {
            // A warning under the lock does without: they cost time, and the next start tells them.
            let warns = self.drift == DriftPolicy::Warn && !odd;
            if self.drift != DriftPolicy::Ignore && !(warns && before.is_some()) || odd {
                let live = match Catalog::read(self.conn, &self.set.options.history_table) {
                    Ok(live) => live,
                    Err(error) => return Err(self.failed("reading the schema", error, state())),
                };
                difference.details = details(self.set, position, &live, &difference);
            }
            let help = match self.drift {
                DriftPolicy::Error | DriftPolicy::Warn if !odd && difference.lacks_a_table() => {
                    "restore a backup, or make the table again; without it the application cannot work"
                }
                _ if odd => {
                    "make sure that nothing on this connection redirects its statements; the proof saw another result"
                }
                DriftPolicy::Error => "bring the schema back to that version, or accept drift with `DriftPolicy::Warn`",
                DriftPolicy::Warn => {
                    log::warn!(target: LOG, "the schema differs from that of {at}: {}", difference.in_full());
                    ""
                }
                DriftPolicy::Ignore => "",
            };
            if !help.is_empty() {
                let (difference, state) = (Box::new(difference), Box::new(state()));
                return Err(Error::Drift { at, difference, help, state });
            }
        }
        done.drift = difference;
        Ok(())
    }
}
