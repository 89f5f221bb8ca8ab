//! Where the proved data comes from. The only file that knows of the feature `verify`.

mod data;

use migrate_source::{Finding, MarkerSpec, Source};
use proc_macro2::TokenStream;

/// What is known once the migrations have been proved.
#[derive(Default)]
pub(crate) struct Proof {
    /// An expression of the type `Set`; `None` if there are errors.
    pub(crate) set: Option<TokenStream>,
    pub(crate) findings: Vec<Finding>,
    /// For each Rust step, the index of its migration.
    pub(crate) steps: Vec<Option<usize>>,
}

/// By running the migrations on SQLite, here and now. What is printed refers to the module `support`.
#[cfg(feature = "verify")]
pub(crate) fn prove(source: &Source, markers: Vec<MarkerSpec>, steps: Vec<String>, support: &TokenStream) -> Proof {
    let declared = migrate_check::Declared { markers, steps };
    let checked = match crate::cache::directory() {
        Some(dir) => migrate_check::check_cached(source, &declared, &dir),
        None => migrate_check::check(source, &declared),
    };
    let set = checked.set.as_ref().map(|set| data::set(set, source, support));
    Proof { set, findings: checked.findings, steps: checked.steps }
}

/// By what `proof.lock` says of an earlier proof.
#[cfg(not(feature = "verify"))]
pub(crate) fn prove(source: &Source, markers: Vec<MarkerSpec>, steps: Vec<String>, support: &TokenStream) -> Proof {
    use migrate_source::proof::{Declarations, assemble, declare, read};

    let mut proved = match read(source) {
        Ok(proved) => proved,
        Err(finding) => return Proof { findings: vec![*finding], ..Proof::default() },
    };
    let (steps, findings) = declare(source, &Declarations { markers, steps }, &mut proved);
    let set = findings.is_empty().then(|| {
        let indexes: Vec<usize> = steps.iter().copied().flatten().collect();
        data::set(&assemble(source, proved, &indexes), source, support)
    });
    Proof { set, findings, steps }
}
