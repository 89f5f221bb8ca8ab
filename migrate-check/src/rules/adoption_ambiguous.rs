//! Two versions have the same schema, and nothing says what to do with a database that has it.
//!
//! Where `base.sql` exists, there are databases from before the history. Which migrations one of them has is read from its
//! schema; a migration that changes rows alone leaves no mark there, so it cannot be told whether it ran.
//!
//! Say what is right in its first lines: run it, if it does no harm a second time, or skip it.
//!
//! ```sql
//! --! adopt: run -- sets what is NULL only, so twice is as good as once
//! ```

use migrate_source::Finding;

use crate::facts::Facts;
use crate::place;
use crate::unproved::fingerprints;

pub(super) const ID: &str = "adoption-ambiguous";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    if facts.source.base.is_none() {
        return;
    }
    let fingerprints = fingerprints(facts.source, facts.replay);
    for (at, fingerprint) in fingerprints.iter().enumerate().skip(1) {
        let Some((migration, script)) = facts.migration(at) else { continue };
        if migration.directives.adopt.is_some() {
            continue;
        }
        let same = |earlier: &usize| fingerprints[*earlier] == *fingerprint;
        let Some(earlier) = (0..at).rev().find(same) else { continue };
        let message = format!(
            "after `{}` the schema is that of {}, so a database without history may be at either",
            migration.name,
            facts.position_name(earlier)
        );
        findings.push(
            Finding::error(ID, message, place::file(script))
                .note("a database that this program made before it had migrations is adopted at one of them")
                .help(
                    "write at the head of the file `--! adopt: run` if doing it twice does no harm, or `--! adopt: skip` if \
                     such a database does not need it",
                ),
        );
    }
}
