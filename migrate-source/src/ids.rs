//! The names of all findings of this crate. Each has a page in `docs/findings`.

macro_rules! ids {
    ($($constant:ident = $id:literal,)*) => {
        $(pub(crate) const $constant: &str = $id;)*

        /// The ids of the findings that reading a directory can report, sorted.
        pub const IDS: &[&str] = &[$($id),*];
    };
}

// A constant that nothing uses is a warning, so this list cannot name an id that is never reported.
ids! {
    BAD_DIRECTIVE = "bad-directive",
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
    EMPTY_FILE = "empty-file",
    EMPTY_MIGRATION = "empty-migration",
    LATE_DIRECTIVE = "late-directive",
    MISPLACED_DIRECTIVE = "misplaced-directive",
    MISSING_REASON = "missing-reason",
    MIXED_NAMES = "mixed-names",
    NEAR_MISS_NAME = "near-miss-name",
    NO_MIGRATIONS = "no-migrations",
    NOT_UTF8 = "not-utf8",
    NUL_BYTE = "nul-byte",
    PARAMETER = "parameter",
    UNEXPECTED_DIRECTORY = "unexpected-directory",
    UNKNOWN_DIRECTIVE = "unknown-directive",
    UNREADABLE_FILE = "unreadable-file",
    UNTERMINATED_COMMENT = "unterminated-comment",
    UNTERMINATED_QUOTE = "unterminated-quote",
    UNTERMINATED_TRIGGER = "unterminated-trigger",
    VARIANT_COLLISION = "variant-collision",
    WITNESS_WITHOUT_UP = "witness-without-up",
}
