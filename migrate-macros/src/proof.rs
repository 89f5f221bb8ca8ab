//! Where the proved data comes from. The only file that knows of the feature `verify`.

use migrate_source::{Finding, MarkerSpec, Source};
use proc_macro2::TokenStream;

#[cfg(feature = "verify")]
mod data;

/// What is known once the migrations have been proved.
#[derive(Default)]
pub(crate) struct Proof {
    /// An expression of the type `Set`; `None` if there are errors.
    pub(crate) set: Option<TokenStream>,
    pub(crate) findings: Vec<Finding>,
    /// For each Rust step, the index of its migration.
    pub(crate) steps: Vec<Option<usize>>,
    /// Why there is no proof, where that is no matter of the migrations.
    pub(crate) error: Option<&'static str>,
}

/// By running the migrations on SQLite, here and now. What is printed refers to the module `support`.
#[cfg(feature = "verify")]
pub(crate) fn prove(source: &Source, markers: Vec<MarkerSpec>, steps: Vec<String>, support: &TokenStream) -> Proof {
    let checked = migrate_check::check(source, &migrate_check::Declared { markers, steps });
    let set = checked.set.as_ref().map(|set| data::set(set, source, support));
    Proof { set, findings: checked.findings, steps: checked.steps, error: None }
}

/// Not without SQLite, so far.
#[cfg(not(feature = "verify"))]
pub(crate) fn prove(_: &Source, _: Vec<MarkerSpec>, _: Vec<String>, _: &TokenStream) -> Proof {
    let error = "the feature `verify` of `migrate` is off, and a proof cannot be read from a file yet\n\
                 help: enable the feature `verify`";
    Proof { error: Some(error), ..Proof::default() }
}
