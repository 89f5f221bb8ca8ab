//! The kinds of faults that are swept.

use faults::{Fault, Flavour};

/// A fault, but for the operation that it strikes.
#[derive(Clone, Copy)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) at: fn(u64) -> Fault,
    /// The disk is well again at once.
    pub(crate) passes: bool,
    pub(crate) cuts: bool,
    /// What was under way when it struck may have arrived, and nobody reads a message.
    pub(crate) under_way: bool,
}

const fn kind(name: &'static str, at: fn(u64) -> Fault) -> Kind {
    Kind { name, at, passes: false, cuts: false, under_way: false }
}

/// The power is cut before an operation.
pub(crate) const CUT: Kind = Kind { cuts: true, ..kind("cut", |at| Fault::PowerCut { at, under_way: false }) };

pub(crate) const KINDS: [Kind; 8] = [
    Kind { passes: true, ..kind("change", |at| Fault::Change { at, flavour: Flavour::Broken }) },
    Kind { passes: true, ..kind("full", |at| Fault::Change { at, flavour: Flavour::Full }) },
    Kind { passes: true, ..kind("read", |at| Fault::Read { at }) },
    kind("changes", |at| Fault::Changes { at, flavour: Flavour::Broken }),
    kind("stays-full", |at| Fault::Changes { at, flavour: Flavour::Full }),
    kind("reads", |at| Fault::Reads { at }),
    CUT,
    Kind { cuts: true, under_way: true, ..kind("cut-under-way", |at| Fault::PowerCut { at, under_way: true }) },
];
