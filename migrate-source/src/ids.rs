//! The names of all findings of this crate. Each has a page in `docs/findings`.

macro_rules! ids {
    ($($constant:ident = $id:literal,)*) => {
        $(pub(crate) const $constant: &str = $id;)*

        /// The ids of the findings that reading a directory can report, sorted; `step-unknown` and `stale-proof` belong to the
        /// proof.
        pub const IDS: &[&str] = &[$($id),*];
    };
}

// A constant that nothing uses is a warning, so this list cannot name an id that is never reported.
ids! {
    BAD_DIRECTIVE = "bad-directive",
    BAD_LOCK = "bad-lock",
    BAD_MARKER = "bad-marker",
    BAD_SECTION = "bad-section",
    CARRIAGE_RETURN = "carriage-return",
    CONFIG_KEY = "config-key",
    CONFIG_SYNTAX = "config-syntax",
    CONFIG_VALUE = "config-value",
    CONFLICT_MARKS = "conflict-marks",
    DIRECTORY_MISSING = "directory-missing",
    DIRECTORY_UNREADABLE = "directory-unreadable",
    DOWN_WITHOUT_UP = "down-without-up",
    DUPLICATE_DIRECTIVE = "duplicate-directive",
    DUPLICATE_DOWN = "duplicate-down",
    DUPLICATE_NAME = "duplicate-name",
    DUPLICATE_NUMBER = "duplicate-number",
    EDITED_MIGRATION = "edited-migration",
    EMPTY_FILE = "empty-file",
    EMPTY_MIGRATION = "empty-migration",
    FILE_TOO_LARGE = "file-too-large",
    INSERTED_MIGRATION = "inserted-migration",
    LATE_DIRECTIVE = "late-directive",
    MISPLACED_DIRECTIVE = "misplaced-directive",
    MISSING_PROOF = "missing-proof",
    MISSING_REASON = "missing-reason",
    MIXED_NAMES = "mixed-names",
    NEAR_MISS_NAME = "near-miss-name",
    NO_MIGRATIONS = "no-migrations",
    NOT_UTF8 = "not-utf8",
    NUL_BYTE = "nul-byte",
    PARAMETER = "parameter",
    REMOVED_MIGRATION = "removed-migration",
    RENAMED_MIGRATION = "renamed-migration",
    UNEXPECTED_DIRECTORY = "unexpected-directory",
    UNKNOWN_DIRECTIVE = "unknown-directive",
    UNPROVED_DECLARATION = "unproved-declaration",
    UNREADABLE_FILE = "unreadable-file",
    UNTERMINATED_COMMENT = "unterminated-comment",
    UNTERMINATED_QUOTE = "unterminated-quote",
    UNTERMINATED_TRIGGER = "unterminated-trigger",
    VARIANT_COLLISION = "variant-collision",
    WITNESS_WITHOUT_UP = "witness-without-up",
}

// Rules of the proof, which have their pages there.

/// `migrate.toml` can name a step that no migration has.
pub(crate) const STEP_UNKNOWN: &str = "step-unknown";

/// Without the proof, a stale `proof.lock` is all that there is.
pub(crate) const STALE_PROOF: &str = "stale-proof";
