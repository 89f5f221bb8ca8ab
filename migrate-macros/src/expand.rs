//! What the macro expands to.

use std::path::PathBuf;

use migrate_source::{Source, SourceFile};
use proc_macro2::TokenStream;
use quote::quote;

use crate::fallback;
use crate::input::Input;
use crate::proof::Proof;
use crate::report::Report;
use crate::version::{self, Variant};

/// The migrations, ready to be printed.
pub(crate) struct List {
    /// The directory as messages show it.
    dir: String,
    /// Every file that was read, and whether it is text.
    files: Vec<(PathBuf, bool)>,
    variants: Vec<Variant>,
    proof: Proof,
}

impl List {
    pub(crate) fn new(source: &Source, proof: Proof) -> List {
        List {
            dir: source.shown.clone(),
            files: source.files.iter().map(|file| (file.path.clone(), is_text(file))).collect(),
            variants: version::variants(source),
            proof,
        }
    }
}

/// The items, with what is to be reported in front.
pub(crate) fn items(input: &Input, list: Option<List>, report: &Report) -> TokenStream {
    let support = &input.support;
    let (version, migrations) = match &list {
        Some(List { dir, variants, proof: Proof { set: Some(set), steps, .. }, .. }) if !report.has_errors() => {
            (version::items(support, dir, variants), migrations(input, set, steps))
        }
        _ => fallback::items(support, list.as_ref().map(|list| list.variants.as_slice()).unwrap_or_default()),
    };
    let tracked = list.as_ref().map(|list| tracked(support, &list.files));
    quote! {
        #report

        #version

        /// The migrations of this application, oldest first, as they were proved when it was compiled.
        pub static MIGRATIONS: #support::Migrations<Version> = #migrations;

        /// Whether the database has the current schema, as far as the markers tell: one statement, which reads only.
        pub fn is_schema_current(conn: &#support::Connection) -> #support::Result<#support::bool, #support::Error> {
            MIGRATIONS.is_schema_current(conn)
        }

        /// A run with options: a target, policies, an observer.
        pub fn migrator() -> #support::Migrator<'static, Version> {
            #support::Migrator::new(&MIGRATIONS)
        }

        #tracked
    }
}

/// The list itself, with the Rust steps.
fn migrations(input: &Input, set: &TokenStream, steps: &[Option<usize>]) -> TokenStream {
    let support = &input.support;
    let mut steps: Vec<_> = input
        .steps
        .iter()
        .zip(steps)
        .filter_map(|(step, index)| Some((index.as_ref()?, step.function.as_ref()?)))
        .collect();
    steps.sort_by_key(|(index, _)| **index);
    let steps = steps
        .into_iter()
        .map(|(index, function)| quote!((#index, |conn: &#support::Connection| #support::step(conn, #function))));
    quote! {
        #support::Migrations::new(#set, #support::Cow::Borrowed(&[#(#steps),*]))
    }
}

/// Where bytes are not UTF-8 there is a replacement character.
fn is_text(file: &SourceFile) -> bool {
    file.text.as_ref().is_some_and(|text| !text.contains('\u{fffd}'))
}

/// What makes the compiler run the macro again once a file is edited or removed.
///
/// As text wherever it can be: rust-analyzer takes `include_bytes!` for a hole in the code, and marks the macro as an error.
fn tracked(support: &TokenStream, files: &[(PathBuf, bool)]) -> TokenStream {
    let named = |wanted: bool| {
        files.iter().filter(move |(_, is_text)| *is_text == wanted).filter_map(|(file, _)| file.to_str())
    };
    let (texts, others) = (named(true), named(false));
    let bytes = files.iter().any(|(_, is_text)| !is_text).then(|| {
        quote! {
            use #support::include_bytes as __migrate_tracked_bytes;
            const _: &[&[#support::u8]] = &[#(__migrate_tracked_bytes!(#others)),*];
        }
    });
    quote! {
        const _: () = {
            use #support::include_str as __migrate_tracked;
            const _: &[&#support::str] = &[#(__migrate_tracked!(#texts)),*];
            #bytes
        };
    }
}
