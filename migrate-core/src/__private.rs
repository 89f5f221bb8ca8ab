//! For the macro and the proof; not part of the public interface, may change with any release.

pub use crate::catalog::{Catalog, Entry};
pub use crate::engine::{StatementCause, StatementError, describe, run_script, run_statement};
pub use crate::history::create_history_sql;
pub use crate::look::look_holds;
pub use crate::set::{
    Adopt, Change, Fresh, Function, Kind, Look, Marker, Migration, Object, Options, Origin, Script, Set, Squashed,
    Statement, chain, literal, marker_sql,
};
pub use migrate_sql::{Definition, Digest};
pub use std::borrow::Cow;
