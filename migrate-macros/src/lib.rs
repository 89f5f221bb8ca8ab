//! The macro of `migrate`, as a crate of its own because that is what Rust asks of procedural macros.
//!
//! Applications reach it as `migrate::migrations!`, whose documentation is in the crate `migrate`.

#[cfg(feature = "verify")]
mod cache;
mod expand;
mod fallback;
mod input;
mod locate;
mod pipeline;
mod proof;
mod report;
mod version;

use proc_macro::TokenStream;

/// What `migrate::migrations!` calls, with the path of its support module in front of what the application wrote.
#[proc_macro]
pub fn migrations(input: TokenStream) -> TokenStream {
    pipeline::run(input.into()).into()
}
