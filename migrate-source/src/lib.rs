//! Migration directories for `migrate`: layouts, directives, statements, checksums, findings. Text only, no SQLite.

mod finding;
mod source;

pub use finding::{Finding, Files, Label, Place, Severity, Subject};
pub use source::{
    Adopt, Config, Directives, Fresh, Function, MarkerKind, MarkerSpec, Migration, Number, Script, Source, SourceFile,
    StepConfig, Unproved,
};
