//! One marker: `column notes.tag_count`, `no table drafts`, `index "odd name"`.

use std::ops::Range;

use migrate_source::parse_marker;
use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Ident, Lit, Token};

use super::{Marker, wrong};

/// Reads one marker, by the rules of a `--! marker:` line: its tokens become that line's text.
pub(super) fn parse(stream: ParseStream<'_>) -> syn::Result<Marker> {
    let mut words = Words::default();
    if stream.peek(Ident::peek_any) && stream.fork().call(Ident::parse_any)? == "no" {
        words.take(stream)?;
    }
    words.take(stream)?;
    words.take(stream)?;
    if stream.peek(Token![.]) {
        words.take(stream)?;
        words.take(stream)?;
    }
    match parse_marker(&words.text) {
        Ok(spec) => Ok(Marker { spec, tokens: words.at(0..words.text.len()) }),
        Err(error) => {
            let fact = format!("{} [bad-marker]", error.message);
            Err(wrong(words.at(error.span), &fact, error.help.as_deref().unwrap_or_default()))
        }
    }
}

/// Tokens of Rust, and the SQL that they stand for.
#[derive(Default)]
struct Words {
    text: String,
    /// Each with its place in the text.
    tokens: Vec<(Range<usize>, TokenTree)>,
}

impl Words {
    /// Takes the next token, if there is one before the comma.
    fn take(&mut self, stream: ParseStream<'_>) -> syn::Result<()> {
        if stream.is_empty() || stream.peek(Token![,]) {
            return Ok(());
        }
        let token: TokenTree = stream.parse()?;
        let word = match &token {
            TokenTree::Ident(name) => name.unraw().to_string(),
            // A name that is no identifier.
            TokenTree::Literal(literal) => match Lit::new(literal.clone()) {
                Lit::Str(name) => migrate_sql::quote(&name.value()),
                _ => literal.to_string(),
            },
            TokenTree::Punct(_) | TokenTree::Group(_) => token.to_string(),
        };
        if matches!(token, TokenTree::Ident(_)) && !self.text.ends_with('.') {
            self.text.push(' ');
        }
        let start = self.text.len();
        self.text.push_str(&word);
        self.tokens.push((start..self.text.len(), token));
        Ok(())
    }

    /// The tokens at a place in the text, or all of them if there is none.
    fn at(&self, place: Range<usize>) -> TokenStream {
        let touched = |range: &Range<usize>| range.start < place.end && place.start < range.end;
        let there: TokenStream =
            self.tokens.iter().filter(|(range, _)| touched(range)).map(|(_, token)| token.clone()).collect();
        if there.is_empty() { self.tokens.iter().map(|(_, token)| token.clone()).collect() } else { there }
    }
}
