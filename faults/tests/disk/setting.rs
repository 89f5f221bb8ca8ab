//! How a connection is set up, and what it may be relied on for.

use faults::{Deletions, Disk, Survival};
use migrate_core::rusqlite::{self, Connection};

/// Journal mode, durability, and when the folder knows of a deletion.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    pub(crate) name: &'static str,
    journal: &'static str,
    synchronous: &'static str,
    deletions: Deletions,
    /// What is committed is there after a power cut.
    pub(crate) durable: bool,
    /// A power cut may lose any of the writes that were not synced. With less than FULL, SQLite relies on their order in the
    /// rollback journal: its checksums do not see every torn sector.
    any_order: bool,
}

const fn setting(name: &'static str, journal: &'static str, synchronous: &'static str) -> Setting {
    Setting { name, journal, synchronous, deletions: Deletions::AtOnce, durable: true, any_order: true }
}

const fn normal(name: &'static str, journal: &'static str) -> Setting {
    Setting { durable: false, any_order: false, ..setting(name, journal, "NORMAL") }
}

pub(crate) const SETTINGS: [Setting; 10] = [
    setting("delete", "DELETE", "FULL"),
    setting("truncate", "TRUNCATE", "FULL"),
    setting("persist", "PERSIST", "FULL"),
    setting("wal", "WAL", "FULL"),
    Setting { deletions: Deletions::OnceSynced, durable: false, ..setting("delete-later", "DELETE", "FULL") },
    Setting { deletions: Deletions::OnceSynced, ..setting("delete-extra", "DELETE", "EXTRA") },
    normal("delete-normal", "DELETE"),
    normal("truncate-normal", "TRUNCATE"),
    normal("persist-normal", "PERSIST"),
    Setting { any_order: true, ..normal("wal-normal", "WAL") },
];

impl Setting {
    pub(crate) fn open(self, disk: &Disk) -> rusqlite::Result<Connection> {
        disk.deletions(self.deletions);
        let conn = disk.open()?;
        // A small cache, so that a large transaction writes before it commits.
        conn.execute_batch(&format!("PRAGMA cache_size = 4; PRAGMA synchronous = {}", self.synchronous))?;
        conn.query_row(&format!("PRAGMA journal_mode = {}", self.journal), [], |_| Ok(()))?;
        Ok(conn)
    }

    /// What may be found after a power cut.
    pub(crate) fn survivals(self, seed: u64, seeds: u64) -> Vec<Survival> {
        let mut survivals = vec![Survival::Nothing, Survival::Everything];
        for seed in (0..seeds).map(|more| seed.wrapping_mul(1000).wrapping_add(more)) {
            survivals.push(Survival::Prefix(seed));
            if self.any_order {
                survivals.push(Survival::Any(seed));
            }
        }
        survivals
    }
}
