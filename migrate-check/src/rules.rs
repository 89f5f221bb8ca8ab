//! What can be wrong: one rule, one file. The first lines of each file are its page in `docs/findings`.

use migrate_source::Finding;

use crate::facts::Facts;

mod explain;
mod refused;

/// Declares the rules, so that their modules, their names and what runs cannot differ.
macro_rules! rules {
    ($($module:ident,)*) => {
        $(mod $module;)*

        /// The ids of the findings that the proof can report, sorted.
        ///
        /// ```
        /// assert!(migrate_check::IDS.contains(&"does-not-run"));
        /// ```
        pub const IDS: &[&str] = &[$($module::ID),*];

        /// Everything that is wrong.
        pub(crate) fn findings(facts: &Facts<'_>) -> Vec<Finding> {
            let mut findings = Vec::new();
            $($module::check(facts, &mut findings);)*
            findings
        }
    };
}

rules! {
    adopt_changes_schema,
    adoption_ambiguous,
    attach,
    base_missing,
    defer_foreign_keys,
    does_not_run,
    down_does_not_restore,
    extension,
    foreign_key_violation,
    foreign_keys_pragma,
    history_table_touched,
    marker_always,
    marker_dropped,
    marker_missing,
    marker_unknown,
    needs_no_transaction,
    proof_failed,
    schema_differs,
    schema_header_differs,
    schema_rows_differ,
    step_duplicate,
    step_needs_transaction,
    step_unknown,
    temp_object,
    too_slow,
    transaction_control,
    writable_schema,
}

pub(crate) use proof_failed::ID as PROOF_FAILED;
