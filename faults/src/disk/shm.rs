//! The memory that connections to a database in WAL mode share.

use std::collections::BTreeSet;
use std::ptr::NonNull;
use std::sync::atomic::AtomicU64;

use super::locks::Slots;

/// The shared memory of one file: it is there while somebody has it mapped, and is not on the disk.
#[derive(Debug, Default)]
pub(crate) struct Shm {
    /// Boxes do not move when more of them come.
    regions: Vec<Box<[AtomicU64]>>,
    users: BTreeSet<u64>,
    pub(crate) slots: Slots,
}

impl Shm {
    pub(crate) fn has(&self, region: usize) -> bool {
        region < self.regions.len()
    }

    pub(crate) fn grow(&mut self, region: usize, bytes: usize) {
        while self.regions.len() <= region {
            self.regions.push((0..bytes.div_ceil(8)).map(|_| AtomicU64::new(0)).collect());
        }
    }

    /// Where a region begins; it stays there until the last user has left.
    pub(crate) fn map(&mut self, who: u64, region: usize) -> Option<NonNull<AtomicU64>> {
        self.users.insert(who);
        // Atomics may be written through a shared reference, and so through a pointer made of one.
        self.regions.get(region).map(|region| NonNull::from(region.as_ref()).cast())
    }

    pub(crate) fn leave(&mut self, who: u64) {
        self.slots.leave(who);
        self.users.remove(&who);
        if self.users.is_empty() {
            self.regions.clear();
        }
    }
}
