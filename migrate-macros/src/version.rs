//! The enum `Version`.

use std::collections::HashSet;

use migrate_source::Source;
use proc_macro2::TokenStream;
use quote::quote;
use syn::Ident;

/// One variant of the enum.
pub(crate) struct Variant {
    /// The migration's name: `002_add_tags.sql`.
    pub(crate) name: String,
    pub(crate) ident: Ident,
}

/// The variants, oldest first. Where two have one name, which is an error that has been reported, the first stays.
pub(crate) fn variants(source: &Source) -> Vec<Variant> {
    let mut seen = HashSet::new();
    let migrations = source.migrations.iter().filter(|migration| seen.insert(&migration.variant));
    migrations
        .filter_map(|migration| {
            let ident = syn::parse_str::<Ident>(&migration.variant).ok()?;
            Some(Variant { name: migration.name.clone(), ident })
        })
        .collect()
}

/// The enum with everything that it implements. There is at least one variant; `dir` is the directory as messages show
/// it.
pub(crate) fn items(support: &TokenStream, dir: &str, variants: &[Variant]) -> TokenStream {
    let declared = variants.iter().map(|Variant { name, ident }| {
        let doc = format!("`{name}`");
        quote!(#[doc = #doc] #ident,)
    });
    let (names, idents): (Vec<_>, Vec<_>) = variants.iter().map(|Variant { name, ident }| (name, ident)).unzip();
    let words = idents.iter().map(ToString::to_string);
    let latest = idents.last();
    let count = variants.len();
    let doc = format!("The versions of the schema in `{dir}`: one a migration, oldest first.");
    quote! {
        #[doc = #doc]
        #[#support::derive(
            #support::Clone, #support::Copy, #support::Debug, #support::PartialEq, #support::Eq,
            #support::PartialOrd, #support::Ord, #support::Hash,
        )]
        pub enum Version {
            #(#declared)*
        }

        #[automatically_derived]
        impl Version {
            /// Every version, oldest first.
            pub const ALL: &'static [Self] = &[#(Self::#idents),*];

            /// The newest version.
            pub const LATEST: Self = Self::#latest;
        }

        const _: () = {
            static NAMES: [&#support::str; #count] = [#(#names),*];
            static VARIANTS: [&#support::str; #count] = [#(#words),*];

            #[automatically_derived]
            impl #support::Version for Version {
                fn index(self) -> #support::usize {
                    self as #support::usize
                }

                fn from_index(index: #support::usize) -> #support::Option<Self> {
                    Self::ALL.get(index).copied()
                }
            }

            #[automatically_derived]
            impl #support::Display for Version {
                fn fmt(&self, f: &mut #support::Formatter<'_>) -> #support::fmt::Result {
                    f.pad(NAMES[*self as #support::usize])
                }
            }

            #[automatically_derived]
            impl #support::FromStr for Version {
                type Err = #support::UnknownVersion;

                fn from_str(text: &#support::str) -> #support::Result<Self, #support::UnknownVersion> {
                    #support::find_version(text, &NAMES, &VARIANTS).map(|index| Self::ALL[index])
                }
            }
        };
    }
}
