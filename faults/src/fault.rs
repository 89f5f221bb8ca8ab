//! Which operation fails, and how.

use std::os::raw::c_int;

use rusqlite::ffi;

/// What goes wrong. Changes (making, writing, cutting, syncing and deleting files, growing shared memory) and reads
/// (everything else that can fail) are numbered apart, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    Never,
    /// One change fails, and the next is fine again.
    Change {
        /// Its number.
        at: u64,
        /// How.
        flavour: Flavour,
    },
    /// All changes from one on fail.
    Changes {
        /// The number of the first.
        at: u64,
        /// How.
        flavour: Flavour,
    },
    /// One read fails.
    Read {
        /// Its number.
        at: u64,
    },
    /// All reads from one on fail.
    Reads {
        /// The number of the first.
        at: u64,
    },
    /// From one change on everything fails.
    PowerCut {
        /// The number of the change.
        at: u64,
        /// Whether that change was under way, and is one of those that may have arrived.
        under_way: bool,
    },
}

/// How a change fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour {
    /// The device does not answer; nothing of the change was done.
    Broken,
    /// The disk is full: what a change needs room for fails, and a write has been done by half.
    Full,
}

/// A kind of change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Create,
    Write,
    Truncate,
    Sync,
    Delete,
    ShmGrow,
}

/// A kind of read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    Open,
    Read,
    Size,
    Access,
    Lock,
    CheckReserved,
    ShmMap,
    ShmLock,
}

/// What is to happen with a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Done,
    /// It fails, and leaves nothing.
    Failed(c_int),
    /// It fails, and leaves a half.
    Half(c_int),
    /// It fails as far as anybody hears, and has reached the disk.
    UnderWay(c_int),
}

/// The counters, and the fault to come.
#[derive(Debug)]
pub(crate) struct Meter {
    pub(crate) fault: Fault,
    pub(crate) changes: u64,
    pub(crate) reads: u64,
    /// What the fault has struck first.
    pub(crate) met: Option<String>,
    /// The operation of the fault was reached, whether or not it could fail in that way.
    pub(crate) reached: bool,
    /// The power is cut.
    pub(crate) dead: bool,
}

impl Meter {
    pub(crate) fn new() -> Meter {
        Meter { fault: Fault::Never, changes: 0, reads: 0, met: None, reached: false, dead: false }
    }

    pub(crate) fn change(&mut self, kind: Change, file: &str) -> Fate {
        if self.dead {
            return Fate::Failed(kind.code());
        }
        self.changes += 1;
        let (now, code) = (self.changes, kind.code());
        if let Fault::Change { at, .. } | Fault::Changes { at, .. } | Fault::PowerCut { at, .. } = self.fault {
            self.reached |= at == now;
        }
        let fate = match self.fault {
            Fault::Change { at, flavour } if at == now => kind.fails(flavour),
            Fault::Changes { at, flavour } if at <= now => kind.fails(flavour),
            Fault::PowerCut { at, under_way } if at <= now => {
                self.dead = true;
                if under_way { Fate::UnderWay(code) } else { Fate::Failed(code) }
            }
            _ => Fate::Done,
        };
        if fate != Fate::Done && self.met.is_none() {
            self.met = Some(format!("{kind:?} of `{file}`"));
        }
        fate
    }

    pub(crate) fn read(&mut self, kind: Look, file: &str) -> Result<(), c_int> {
        if self.dead {
            return Err(kind.code());
        }
        self.reads += 1;
        match self.fault {
            Fault::Read { at } if at == self.reads => {}
            Fault::Reads { at } if at <= self.reads => {}
            _ => return Ok(()),
        }
        self.reached = true;
        if self.met.is_none() {
            self.met = Some(format!("{kind:?} of `{file}`"));
        }
        Err(kind.code())
    }
}

impl Change {
    fn fails(self, flavour: Flavour) -> Fate {
        match (flavour, self) {
            (Flavour::Broken, _) => Fate::Failed(self.code()),
            (Flavour::Full, Change::Write) => Fate::Half(ffi::SQLITE_FULL),
            (Flavour::Full, Change::Create | Change::ShmGrow) => Fate::Failed(self.code()),
            (Flavour::Full, _) => Fate::Done,
        }
    }

    fn code(self) -> c_int {
        match self {
            Change::Create => ffi::SQLITE_CANTOPEN,
            Change::Write => ffi::SQLITE_IOERR_WRITE,
            Change::Truncate => ffi::SQLITE_IOERR_TRUNCATE,
            Change::Sync => ffi::SQLITE_IOERR_FSYNC,
            Change::Delete => ffi::SQLITE_IOERR_DELETE,
            Change::ShmGrow => ffi::SQLITE_IOERR_SHMSIZE,
        }
    }
}

impl Look {
    fn code(self) -> c_int {
        match self {
            Look::Open => ffi::SQLITE_CANTOPEN,
            Look::Read => ffi::SQLITE_IOERR_READ,
            Look::Size => ffi::SQLITE_IOERR_FSTAT,
            Look::Access => ffi::SQLITE_IOERR_ACCESS,
            Look::Lock => ffi::SQLITE_IOERR_LOCK,
            Look::CheckReserved => ffi::SQLITE_IOERR_CHECKRESERVEDLOCK,
            Look::ShmMap => ffi::SQLITE_IOERR_SHMMAP,
            Look::ShmLock => ffi::SQLITE_IOERR_SHMLOCK,
        }
    }
}
