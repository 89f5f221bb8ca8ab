//! Pragmas that belong to a connection, and are not kept in the database.

/// What a pragma that belongs to the connection does to the statements that follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Setting {
    /// They may mean something else: it is set in the proof as well.
    Matters,
    /// Nothing that the proof could see.
    Indifferent,
}

/// Name, its default as users write it, and what it does.
const SETTINGS: &[(&str, &[&str], Setting)] = &[
    ("analysis_limit", &["0"], Setting::Indifferent),
    ("automatic_index", &ON, Setting::Indifferent),
    ("busy_timeout", &[], Setting::Indifferent),
    ("cache_size", &["-2000"], Setting::Indifferent),
    ("cache_spill", &ON, Setting::Indifferent),
    ("case_sensitive_like", &OFF, Setting::Matters),
    ("cell_size_check", &OFF, Setting::Indifferent),
    ("checkpoint_fullfsync", &OFF, Setting::Indifferent),
    ("data_store_directory", &[], Setting::Indifferent),
    ("fullfsync", &OFF, Setting::Indifferent),
    ("hard_heap_limit", &["0"], Setting::Indifferent),
    ("ignore_check_constraints", &OFF, Setting::Matters),
    ("journal_size_limit", &["-1"], Setting::Indifferent),
    ("legacy_alter_table", &OFF, Setting::Matters),
    ("locking_mode", &["normal"], Setting::Indifferent),
    ("max_page_count", &[], Setting::Indifferent),
    ("mmap_size", &["0"], Setting::Indifferent),
    ("query_only", &OFF, Setting::Indifferent),
    ("read_uncommitted", &OFF, Setting::Indifferent),
    ("recursive_triggers", &OFF, Setting::Matters),
    ("reverse_unordered_selects", &OFF, Setting::Indifferent),
    ("secure_delete", &OFF, Setting::Indifferent),
    ("soft_heap_limit", &["0"], Setting::Indifferent),
    ("synchronous", &["full", "2"], Setting::Indifferent),
    ("temp_store", &["default", "0"], Setting::Indifferent),
    ("temp_store_directory", &[], Setting::Indifferent),
    ("threads", &["0"], Setting::Indifferent),
    ("trusted_schema", &ON, Setting::Indifferent),
    ("wal_autocheckpoint", &["1000"], Setting::Indifferent),
];

const ON: [&str; 4] = ["on", "1", "yes", "true"];
const OFF: [&str; 4] = ["off", "0", "no", "false"];

/// A pragma that belongs to the connection; `None` for any other.
pub(super) fn setting(pragma: &str) -> Option<Setting> {
    find(pragma).map(|(.., setting)| *setting)
}

/// Whether a pragma is set to what it is anyway.
pub(crate) fn is_default(pragma: &str, value: &str) -> bool {
    find(pragma).is_some_and(|(_, defaults, _)| defaults.iter().any(|default| default.eq_ignore_ascii_case(value)))
}

fn find(pragma: &str) -> Option<&'static (&'static str, &'static [&'static str], Setting)> {
    SETTINGS.iter().find(|(name, ..)| name.eq_ignore_ascii_case(pragma))
}
