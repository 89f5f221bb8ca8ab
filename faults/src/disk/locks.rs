//! The locks on a file: SQLite's five states, and the slots of its shared memory. Holders are numbered handles.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::os::raw::c_int;

use rusqlite::ffi;

/// Who holds which lock on a database file.
#[derive(Debug, Default)]
pub(crate) struct Locks {
    held: BTreeMap<u64, c_int>,
}

impl Locks {
    /// Whether it was to be had. As on Unix, one that waits for readers to leave stays PENDING.
    pub(crate) fn lock(&mut self, who: u64, level: c_int) -> bool {
        let own = self.level(who);
        if own >= level {
            return true;
        }
        let others = self.held.iter().filter(|(other, _)| **other != who).map(|(_, level)| *level).max();
        let others = others.unwrap_or(ffi::SQLITE_LOCK_NONE);
        let free = match level {
            ffi::SQLITE_LOCK_SHARED => others < ffi::SQLITE_LOCK_PENDING,
            ffi::SQLITE_LOCK_RESERVED => others < ffi::SQLITE_LOCK_RESERVED,
            // A hot journal is rolled back by whoever comes first, without a RESERVED before.
            _ if others >= ffi::SQLITE_LOCK_PENDING => false,
            _ if own < ffi::SQLITE_LOCK_RESERVED && others >= ffi::SQLITE_LOCK_RESERVED => false,
            _ if others >= ffi::SQLITE_LOCK_SHARED => {
                self.held.insert(who, ffi::SQLITE_LOCK_PENDING);
                false
            }
            _ => true,
        };
        if free {
            self.held.insert(who, level);
        }
        free
    }

    pub(crate) fn unlock(&mut self, who: u64, level: c_int) {
        if level == ffi::SQLITE_LOCK_NONE {
            self.held.remove(&who);
        } else if self.level(who) > level {
            self.held.insert(who, level);
        }
    }

    pub(crate) fn is_reserved(&self) -> bool {
        self.held.values().any(|level| *level >= ffi::SQLITE_LOCK_RESERVED)
    }

    fn level(&self, who: u64) -> c_int {
        self.held.get(&who).copied().unwrap_or(ffi::SQLITE_LOCK_NONE)
    }
}

/// Who holds which slots of the shared memory.
#[derive(Debug, Default)]
pub(crate) struct Slots([Slot; ffi::SQLITE_SHM_NLOCK as usize]);

#[derive(Debug, Default)]
struct Slot {
    shared: BTreeSet<u64>,
    exclusive: Option<u64>,
}

impl Slots {
    /// Whether all of them were to be had.
    pub(crate) fn lock(&mut self, who: u64, slots: Range<usize>, exclusive: bool) -> bool {
        let slots = &mut self.0[slots];
        let stands_in_the_way = |slot: &Slot| {
            slot.exclusive.is_some_and(|other| other != who)
                || (exclusive && slot.shared.iter().any(|other| *other != who))
        };
        if slots.iter().any(stands_in_the_way) {
            return false;
        }
        for slot in slots {
            if exclusive {
                slot.exclusive = Some(who);
            } else {
                slot.shared.insert(who);
            }
        }
        true
    }

    pub(crate) fn unlock(&mut self, who: u64, slots: Range<usize>) {
        for slot in &mut self.0[slots] {
            slot.shared.remove(&who);
            slot.exclusive.take_if(|other| *other == who);
        }
    }

    pub(crate) fn leave(&mut self, who: u64) {
        self.unlock(who, 0..self.0.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::ffi::{SQLITE_LOCK_EXCLUSIVE, SQLITE_LOCK_NONE, SQLITE_LOCK_RESERVED, SQLITE_LOCK_SHARED};

    #[test]
    fn a_writer_waits_for_readers_and_keeps_new_ones_out() {
        let mut locks = Locks::default();
        assert!(locks.lock(1, SQLITE_LOCK_SHARED) && locks.lock(2, SQLITE_LOCK_SHARED));
        assert!(locks.lock(1, SQLITE_LOCK_RESERVED) && !locks.lock(2, SQLITE_LOCK_RESERVED));
        assert!(!locks.lock(2, SQLITE_LOCK_EXCLUSIVE), "without RESERVED, past one who has it");
        assert!(locks.lock(3, SQLITE_LOCK_SHARED) && locks.is_reserved());
        assert!(!locks.lock(1, SQLITE_LOCK_EXCLUSIVE));
        assert!(!locks.lock(4, SQLITE_LOCK_SHARED), "the writer is PENDING");
        locks.unlock(2, SQLITE_LOCK_NONE);
        locks.unlock(3, SQLITE_LOCK_NONE);
        assert!(locks.lock(1, SQLITE_LOCK_EXCLUSIVE));
        locks.unlock(1, SQLITE_LOCK_SHARED);
        assert!(locks.lock(4, SQLITE_LOCK_SHARED) && !locks.is_reserved());
    }

    #[test]
    fn slots_are_shared_or_exclusive() {
        let mut slots = Slots::default();
        assert!(slots.lock(1, 3..4, false) && slots.lock(2, 3..4, false));
        assert!(!slots.lock(1, 2..5, true));
        slots.unlock(2, 3..4);
        assert!(slots.lock(1, 4..5, true) && !slots.lock(2, 4..5, false));
        slots.leave(1);
        assert!(slots.lock(2, 0..8, true));
    }
}
