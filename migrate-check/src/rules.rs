//! What can be wrong: one rule, one file. The first lines of each file are its page in `docs/findings`.

use migrate_source::Finding;

use crate::facts::Facts;

mod broken;
mod explain;
mod lost;
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
    bad_allow,
    base_missing,
    broken_foreign_key,
    broken_trigger,
    broken_view,
    copy_without_columns,
    dangling_foreign_key,
    defer_foreign_keys,
    does_not_run,
    double_quoted_string,
    down_does_not_restore,
    down_missing_part,
    drop_column,
    drop_table,
    extension,
    fails_on_data,
    foreign_key_violation,
    foreign_keys_pragma,
    fts_not_filled,
    history_table_touched,
    if_exists,
    insert_or_in_rebuild,
    leaking_pragma,
    lost_autoincrement,
    lost_constraint,
    lost_index,
    lost_trigger,
    lost_view,
    marker_always,
    marker_dropped,
    marker_missing,
    marker_unknown,
    may_fail_on_data,
    needless_no_transaction,
    needs_no_transaction,
    newer_than_min_sqlite,
    no_effect,
    nondeterministic_seed,
    odd_type,
    proof_failed,
    refused_by_target,
    rename_aside,
    row_loss,
    rowids_change,
    schema_differs,
    schema_header_differs,
    schema_rows_differ,
    stale_proof,
    step_duplicate,
    step_needs_transaction,
    step_unknown,
    step_unlisted,
    temp_object,
    too_slow,
    transaction_control,
    type_changed,
    unproved,
    value_loss,
    writable_schema,
}

pub(crate) use proof_failed::ID as PROOF_FAILED;
