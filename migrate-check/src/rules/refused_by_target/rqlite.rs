//! What rqlite would do on each node in another way.

use super::Refused;
use crate::acts::Said;
use crate::rules::nondeterministic_seed::decided_by;

/// The first thing in a statement that would not do there what it does here.
pub(super) fn refused(said: &Said<'_>) -> Option<Refused> {
    let (at, by) = (0..said.words.len()).find_map(|at| Some((at, decided_by(&said.words, at)?)))?;
    Some(Refused {
        at,
        message: format!("{by} decides this on each node of rqlite anew"),
        help: "write the value out, or let the application give it".to_owned(),
    })
}
