//! What stands in for the items after an error: of the right types, so that the error is the only one shown.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::Ident;

use crate::version::{self, Variant};

/// The enum `Version`, with the variants that are known, and an expression of the type `Migrations<Version>`.
pub(crate) fn items(support: &TokenStream, known: &[Variant]) -> (TokenStream, TokenStream) {
    let unknown = [Variant { name: String::new(), ident: Ident::new("Unknown", Span::call_site()) }];
    let variants = if known.is_empty() { &unknown } else { known };
    (version::items(support, "", variants), quote!(#support::nothing()))
}
