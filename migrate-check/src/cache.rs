//! What earlier proofs found out, kept in a directory: the verdict on a source, and the state after a prefix of it.
//!
//! An entry is looked up by everything that it was made from, and by nothing else. So it is never out of date, it may be
//! deleted at any moment, and a proof that begins with one comes to what a proof from the beginning comes to.

mod bytes;
mod forms;
mod inputs;
mod store;

use std::cell::Cell;
use std::path::Path;
use std::time::Duration;

use migrate_source::proof::Proved;
use migrate_source::{Finding, Source};

pub(crate) use bytes::{Bytes, bytes, slice, write_slice};

use crate::check::Declared;
use inputs::Inputs;
use store::Store;

/// The entries that have to do with one source.
#[derive(Default)]
pub(crate) struct Cache {
    /// `None` where nothing is kept.
    entries: Option<(Store, Inputs)>,
    reused: Cell<Reused>,
}

/// How much of a proof was there already.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reused {
    /// All of it.
    pub verdict: bool,
    /// The migrations that were not run on empty tables again.
    pub replay: usize,
    /// The migrations that were not run on rows again.
    pub witness: usize,
}

/// A run of the migrations that can be taken up where an earlier one was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Track {
    Replay,
    Witness,
}

/// What a proof comes to.
pub(crate) type Verdict = (Option<Proved>, Vec<Finding>);

const VERDICT: &str = "verdict";

/// Behind the newest migration, whose edit is what nearly every build is about, states are kept ever more sparsely.
const STEPS: [usize; 3] = [8, 64, 512];

impl Cache {
    /// The entries of a directory that is made when there is something to keep, in one that exists.
    pub(crate) fn at(dir: &Path, source: &Source, declared: &Declared, limit: Duration) -> Cache {
        let inputs = Inputs::of(source, declared, limit).ok();
        Cache { entries: inputs.map(|inputs| (Store::at(dir), inputs)), reused: Cell::default() }
    }

    pub(crate) fn reused(&self) -> Reused {
        self.reused.get()
    }

    /// What an earlier proof of this very source came to.
    pub(crate) fn verdict(&self) -> Option<Verdict> {
        let (store, inputs) = self.entries.as_ref()?;
        let (name, bytes) = inputs.all();
        let found = store.read(VERDICT, name, bytes, |mut content| Bytes::read(&mut content))?;
        self.reused.set(Reused { verdict: true, ..self.reused.get() });
        Some(found)
    }

    pub(crate) fn keep_verdict(&self, proved: Option<&Proved>, findings: &[Finding]) {
        let Some((store, inputs)) = &self.entries else { return };
        let (name, bytes) = inputs.all();
        let mut content = Vec::new();
        proved.is_some().write(&mut content);
        if let Some(proved) = proved {
            proved.write(&mut content);
        }
        findings.len().write(&mut content);
        findings.iter().for_each(|finding| finding.write(&mut content));
        store.write(VERDICT, name, bytes, &content);
    }

    /// The newest state of a track that is known. Not every position need be usable.
    pub(crate) fn resume<T>(
        &self,
        track: Track,
        is_usable: impl Fn(usize) -> bool,
        mut make: impl FnMut(&[u8]) -> Option<T>,
    ) -> Option<(usize, T)> {
        let (store, inputs) = self.entries.as_ref()?;
        let count = inputs.count();
        // Where the list had another length when something was kept, that is a few positions away, or far behind.
        let near = |position: &usize| position + STEPS[0] >= count || position.is_multiple_of(STEPS[0]);
        let found = (1..=count).rev().filter(near).find_map(|position| {
            let (name, bytes) = inputs.up_to(position)?;
            let there = store.has(track.kind(), name) && is_usable(position);
            let found = if there { store.read(track.kind(), name, bytes, &mut make) } else { None };
            found.map(|found| (position, found))
        });
        let (position, found) = found?;
        let mut reused = self.reused.get();
        match track {
            Track::Replay => reused.replay = position,
            Track::Witness => reused.witness = position,
        }
        self.reused.set(reused);
        Some((position, found))
    }

    /// Keeps the state of a track at a position, where it may be asked for.
    pub(crate) fn keep(&self, track: Track, position: usize, state: impl FnOnce() -> Option<Vec<u8>>) {
        let Some((store, inputs)) = &self.entries else { return };
        let count = inputs.count();
        let wanted =
            position + 1 >= count || STEPS.iter().any(|step| position == (count - 1) / step * step && position > 0);
        let Some((name, bytes)) = inputs.up_to(position).filter(|_| wanted) else { return };
        if !store.has(track.kind(), name)
            && let Some(state) = state()
        {
            store.write(track.kind(), name, bytes, &state);
        }
    }

    /// Makes room, after something was kept.
    pub(crate) fn prune(&self) {
        if let Some((store, _)) = &self.entries {
            store.prune();
        }
    }

    /// The same without states, for a proof from the beginning.
    pub(crate) fn without_states(&self) -> Cache {
        let Some((store, inputs)) = &self.entries else { return Cache::default() };
        Cache { entries: Some((store.clone(), inputs.without_positions())), reused: Cell::default() }
    }
}

impl Track {
    fn kind(self) -> &'static str {
        match self {
            Track::Replay => "replay",
            Track::Witness => "witness",
        }
    }
}
