//! Where the database is after what a run did, for its errors.

use migrate_core::elsewhere::{Look, Ran};
use migrate_core::{EntryKind, Error as Refusal, State, Version};

use crate::engine::Engine;
use crate::error::Error;
use crate::run::{Done, Lost, Run};

impl<E: Engine, V: Version> Run<'_, '_, E, V> {
    pub(crate) fn in_doubt(&self, error: Error, lost: Option<&Lost>, done: &Done<V>) -> Error {
        let before = match done.committed {
            Some(_) => self.committed(done),
            None => State::Unchanged { at: None },
        };
        match (error, lost) {
            (Error::Unreachable { .. } | Error::Busy { .. }, Some(lost)) => Error::InDoubt {
                migrations: lost.names.clone(),
                why: lost.why.clone(),
                after: self.set().position_name(lost.position),
                state: Box::new(before),
            },
            (Error::Unreachable { why, waited, .. }, None) => {
                Error::Unreachable { why, waited, state: Box::new(before) }
            }
            (Error::Busy { why, waited, .. }, None) => Error::Busy { why, waited, state: Box::new(before) },
            (error, _) => error,
        }
    }

    pub(crate) fn rest_refused(&self, error: Refusal, done: &Done<V>) -> Error {
        if done.committed.is_none() {
            return error.into();
        }
        Refusal::RestRefused { state: Box::new(self.committed(done)), source: Box::new(error) }.into()
    }

    pub(crate) fn state(&self, done: &Done<V>, look: &Look<V>) -> State {
        match done.committed {
            Some(_) => self.committed(done),
            None => State::Unchanged { at: Some(look.at_name.clone()) },
        }
    }

    pub(crate) fn committed(&self, done: &Done<V>) -> State {
        let at = self.set().position_name(done.committed.unwrap_or_default());
        State::Committed { at, migrations: self.names(&done.entries), backup: None }
    }

    pub(crate) fn names(&self, records: &[Ran]) -> Vec<String> {
        let name = |ran: &Ran| match ran.kind {
            EntryKind::Reverted => format!("`{}` (reverted)", self.set().migrations[ran.index].name),
            _ => format!("`{}`", self.set().migrations[ran.index].name),
        };
        records.iter().map(name).collect()
    }
}
