//! What the application wrote: the directory, and the options after it.

mod marker;
mod option;

use migrate_source::MarkerSpec;
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{ParseStream, Parser};
use syn::{LitStr, Path, Token};

/// The macro's input, as far as it could be read.
pub(crate) struct Input {
    /// The path of the module that generated code refers to: `$crate::__private_v0_1_0`.
    pub(crate) support: TokenStream,
    /// The directory as written; `None` after an error.
    pub(crate) dir: Option<LitStr>,
    /// `markers = […]`; empty after an error in one of them, so that nothing is said about the rest.
    pub(crate) markers: Vec<Marker>,
    /// `after = {…}`
    pub(crate) steps: Vec<Step>,
}

/// A marker, and the tokens to point at.
pub(crate) struct Marker {
    pub(crate) spec: MarkerSpec,
    pub(crate) tokens: TokenStream,
}

/// A Rust step.
pub(crate) struct Step {
    /// The migration's name, with or without `.sql`.
    pub(crate) migration: LitStr,
    /// The function; `None` after an error.
    pub(crate) function: Option<Path>,
}

impl Input {
    /// What a message points at that concerns the whole.
    pub(crate) fn span(&self) -> Span {
        self.dir.as_ref().map_or_else(Span::call_site, LitStr::span)
    }
}

/// Reads the input: the support module's path in parentheses, which the facade's `migrations!` puts there, then what
/// the application wrote. Every error is reported; what they leave is read as far as it goes.
pub(crate) fn parse(tokens: TokenStream) -> (Input, Vec<syn::Error>) {
    let mut tokens = tokens.into_iter();
    let support = match tokens.next() {
        Some(TokenTree::Group(group)) => group.stream(),
        _ => TokenStream::new(),
    };
    let mut input = Input { support, dir: None, markers: Vec::new(), steps: Vec::new() };
    let mut errors = Vec::new();
    let read = |stream: ParseStream<'_>| {
        match directory(stream) {
            Ok(dir) => input.dir = Some(dir),
            Err(error) => {
                errors.push(error);
                skip(stream)?;
            }
        }
        to_comma(stream, &mut errors)?;
        option::parse(stream, &mut input, &mut errors)
    };
    if let Err(error) = read.parse2(tokens.collect()) {
        errors.push(error);
    }
    (input, errors)
}

fn directory(stream: ParseStream<'_>) -> syn::Result<LitStr> {
    let (fact, help) = ("the migration directory is expected", "write it first, as in `migrations!(\"migrations\")`");
    match stream.cursor().token_tree() {
        Some((token, _)) => stream.parse().map_err(|_| wrong(token, fact, help)),
        None => Err(instead(&stream.error(""), fact, help)),
    }
}

/// A list with commas in between, one at the end allowed. An item that cannot be read is reported, and the next is
/// read; the answer is whether all could be.
fn list(
    stream: ParseStream<'_>,
    errors: &mut Vec<syn::Error>,
    mut item: impl FnMut(ParseStream<'_>, &mut Vec<syn::Error>) -> syn::Result<()>,
) -> syn::Result<bool> {
    let before = errors.len();
    while !stream.is_empty() {
        let read = item(stream, errors);
        let failed = read.is_err();
        errors.extend(read.err());
        if failed {
            skip(stream)?;
        }
        to_comma(stream, errors)?;
    }
    Ok(errors.len() == before)
}

/// Past the next comma, with an error where something else stands before it.
fn to_comma(stream: ParseStream<'_>, errors: &mut Vec<syn::Error>) -> syn::Result<()> {
    if !stream.is_empty() && !stream.peek(Token![,]) {
        errors.push(stream.error("a comma is expected"));
        skip(stream)?;
    }
    stream.parse::<Option<Token![,]>>().map(drop)
}

/// Up to the next comma.
fn skip(stream: ParseStream<'_>) -> syn::Result<()> {
    while !stream.is_empty() && !stream.peek(Token![,]) {
        stream.parse::<TokenTree>()?;
    }
    Ok(())
}

/// An error at these tokens.
fn wrong(tokens: impl ToTokens, fact: &str, help: &str) -> syn::Error {
    syn::Error::new_spanned(tokens, format!("{fact}\nhelp: {help}"))
}

/// The error in other words.
fn instead(error: &syn::Error, fact: &str, help: &str) -> syn::Error {
    syn::Error::new(error.span(), format!("{fact}\nhelp: {help}"))
}
