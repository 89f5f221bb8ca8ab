//! What is printed: errors at the token that is wrong, warnings as the use of something deprecated.

use migrate_source::{Finding, Severity, Source, Subject};
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};

use crate::input::Input;

#[cfg(test)]
mod tests;

/// What has been found wrong so far.
#[derive(Default)]
pub(crate) struct Report {
    errors: Vec<syn::Error>,
    warnings: Vec<Warning>,
}

struct Warning {
    span: Span,
    text: String,
}

impl Report {
    pub(crate) fn error(&mut self, error: syn::Error) {
        self.errors.push(error);
    }

    pub(crate) fn errors(&mut self, errors: impl IntoIterator<Item = syn::Error>) {
        self.errors.extend(errors);
    }

    /// Findings of severity information are for tools that ask for them.
    pub(crate) fn findings(&mut self, findings: &[Finding], source: &Source, input: &Input) {
        for finding in findings {
            let tokens = tokens(finding, input);
            let text = migrate_source::render(finding, source);
            match finding.severity {
                Severity::Error => self.errors.push(syn::Error::new_spanned(tokens, text)),
                Severity::Warning => {
                    let span = tokens.into_iter().next().map_or_else(|| input.span(), |token| token.span());
                    self.warnings.push(Warning { span, text });
                }
                Severity::Information => {}
            }
        }
    }

    pub(crate) fn has_errors(&self) -> bool {
        !self.errors.is_empty()
    }
}

impl ToTokens for Report {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(self.errors.iter().map(syn::Error::to_compile_error));
        tokens.extend(self.warnings.iter().map(warning));
    }
}

/// What a finding points at: its marker or step, or else the directory.
fn tokens(finding: &Finding, input: &Input) -> TokenStream {
    let option = match finding.subject {
        Subject::Marker(index) => input.markers.get(index).map(|marker| marker.tokens.clone()),
        Subject::Step(index) => input.steps.get(index).map(|step| step.migration.to_token_stream()),
        Subject::Directory | Subject::File(_) | Subject::Place(_) => None,
    };
    option.unwrap_or_else(|| input.dir.to_token_stream())
}

/// Stable Rust gives macros no other way to warn. The use has the span of what the application wrote: a warning in
/// the code of another crate's macro is not shown.
fn warning(warning: &Warning) -> TokenStream {
    let Warning { span, text } = warning;
    let name = quote_spanned!(*span=> WARNING);
    quote! {
        const _: () = {
            #[deprecated(note = #text)]
            const #name: () = ();
            #name
        };
    }
}
