//! The proved data as Rust. Every value is destructured, so that a new field cannot be forgotten.
//!
//! What there may be thousands of is written as [`literal`]s, flat lists of few tokens; the rest as it is. Lists are statics of
//! their own: a single expression for a thousand migrations would cost the compiler minutes.

use std::borrow::Cow;

use migrate_source::Source;
use migrate_sql::set::literal;
use migrate_sql::set::{
    Change, Function, Look, Marker, Migration, Object, Options, Origin, Script, Set, Squashed, Statement,
};
use migrate_sql::{Definition, Digest};
use proc_macro2::{Literal, TokenStream};
use quote::quote;

/// An expression of the type `Set`.
pub(super) fn set(set: &Set, source: &Source, support: &TokenStream) -> TokenStream {
    Data { support, changes: Vec::new() }.set(set, source)
}

/// Printer of data; `support` is the path of the module where the types are.
struct Data<'a> {
    support: &'a TokenStream,
    /// The changes of all migrations, one after another.
    changes: Vec<TokenStream>,
}

impl Data<'_> {
    fn set(mut self, set: &Set, source: &Source) -> TokenStream {
        let Set {
            migrations,
            squashed,
            squashed_release,
            base,
            base_changes,
            base_fingerprint,
            base_markers,
            schema,
            snapshot,
            markers,
            marker_sql,
            options,
            origin: _,
        } = set;
        let s = self.support;
        let scripts = migrations.iter().flat_map(|migration| [Some(&migration.up), migration.down.as_ref()]);
        let scripts = scripts.chain([base, schema, snapshot].map(Option::as_ref)).flatten();
        // An import that nothing uses is a warning in the application, and may be forbidden there.
        let mut statements = scripts.flat_map(|script| script.statements.iter());
        let statement = statements.next().map(|_| quote!(use #s::Statement as S;));
        // First, as in the list of all.
        let base_changes = self.changes(base_changes);
        let migrations: Vec<_> = migrations.iter().map(|migration| self.migration(migration)).collect();
        let squashed = self.list(&quote!(Squashed), squashed.iter().map(|squashed| self.squashed(squashed)));
        let squashed_release = self.option(squashed_release.as_ref().map(|release| self.text(release)));
        let [base, schema, snapshot] = [base, schema, snapshot].map(|script| {
            let script = script.as_ref().map(|script| self.script(script));
            self.option(script.map(|script| quote!(#s::literal::script(#script))))
        });
        let base_fingerprint = self.digest(*base_fingerprint);
        let base_markers = base_markers.iter().map(|look| self.look(look, &[]));
        let base_markers: Vec<_> = base_markers.collect();
        let markers: Vec<_> = markers.iter().map(|Marker { look, flips }| self.look(look, flips)).collect();
        let marker_sql = self.text(marker_sql);
        let options = self.options(options);
        let origin = self.origin(source);
        let [change_count, migration_count, marker_count, base_marker_count] =
            [self.changes.len(), migrations.len(), markers.len(), base_markers.len()];
        let changes = self.chunks(&quote!(ChangeLiteral), &self.changes);
        let migrations = self.chunks(&quote!(MigrationLiteral), &migrations);
        let markers = self.chunks(&quote!(MarkerLiteral), &markers);
        let base_markers = self.chunks(&quote!(MarkerLiteral), &base_markers);
        quote! {
            {
                #statement
                static CHANGES: &[#s::Change] = {
                    static LIST: [#s::Change; #change_count] = #s::literal::changes(#changes);
                    &LIST
                };
                static MIGRATIONS: [#s::Migration; #migration_count] =
                    #s::literal::migrations(#migrations, CHANGES.split_at(#base_changes).1);
                static MARKERS: [#s::Marker; #marker_count] = #s::literal::markers(#markers);
                static BASE_MARKERS: [#s::Look; #base_marker_count] = #s::literal::looks(#base_markers);
                #s::Set {
                    migrations: #s::Cow::Borrowed(&MIGRATIONS),
                    squashed: #squashed,
                    squashed_release: #squashed_release,
                    base: #base,
                    base_changes: #s::Cow::Borrowed(CHANGES.split_at(#base_changes).0),
                    base_fingerprint: #base_fingerprint,
                    base_markers: #s::Cow::Borrowed(&BASE_MARKERS),
                    schema: #schema,
                    snapshot: #snapshot,
                    markers: #s::Cow::Borrowed(&MARKERS),
                    marker_sql: #marker_sql,
                    options: #options,
                    // In the application's crate: a release build holds no path of the machine that made it.
                    origin: if #s::cfg!(debug_assertions) { #s::Option::Some(#origin) } else { #s::Option::None },
                }
            }
        }
    }

    fn squashed(&self, squashed: &Squashed) -> TokenStream {
        let Squashed { name, checksum } = squashed;
        let s = self.support;
        let (name, checksum) = (self.text(name), self.digest(*checksum));
        quote!(#s::Squashed { name: #name, checksum: #checksum })
    }

    fn migration(&mut self, migration: &Migration) -> TokenStream {
        let Migration { name, up, down, checksum, chain, fingerprint, changes, transaction, foreign_keys, adopt, step } =
            migration;
        let name = name.as_ref();
        let up = self.script(up);
        let down = down.as_ref().map_or(quote!(("", "", &[])), |script| self.script(script));
        let digests = [checksum, chain, fingerprint].map(bytes);
        let changes = self.changes(changes);
        let flags = Literal::u8_unsuffixed(literal::flags(*transaction, *foreign_keys, *adopt, *step));
        quote!((#name, #up, #down, [#(#digests),*], #changes, #flags))
    }

    /// Where it stands, `S` is [`Statement`].
    fn script(&self, script: &Script) -> TokenStream {
        let Script { path, sql, statements } = script;
        let (path, sql) = (path.as_ref(), sql.as_ref());
        let statements = statements.iter().map(|Statement { start, end, line, column }| {
            let [start, end, line, column] = [start, end, line, column].map(|number| Literal::u32_unsuffixed(*number));
            quote!(S { start: #start, end: #end, line: #line, column: #column })
        });
        quote!((#path, #sql, &[#(#statements),*]))
    }

    /// Adds changes to the list of all, and says how many they are.
    fn changes(&mut self, changes: &[Change]) -> Literal {
        self.changes.extend(changes.iter().map(|Change { object: Object { kind, name, table }, after }| {
            let gone = if after.is_none() { literal::GONE } else { 0 };
            let kind = Literal::u8_unsuffixed(literal::number(*kind) | gone);
            let (name, table, after) = (name.as_ref(), table.as_ref(), meaning(after.as_ref()));
            quote!((#kind, #name, #table, #after))
        }));
        Literal::usize_unsuffixed(changes.len())
    }

    fn look(&self, look: &Look, flips: &[u32]) -> TokenStream {
        let (kind, name, column, present, definition) = match look {
            Look::Object { kind, name, present } => (literal::number(*kind), name, "", *present, None),
            Look::Column { table, column, present } => (literal::COLUMN, table, column.as_ref(), *present, None),
            Look::Definition { kind, name, definition } => {
                (literal::number(*kind) | literal::DEFINITION, name, "", true, Some(definition))
            }
        };
        let (kind, name, definition) = (Literal::u8_unsuffixed(kind), name.as_ref(), meaning(definition));
        let flips = flips.iter().map(|flip| Literal::u32_unsuffixed(*flip));
        quote!((#kind, #name, #column, #present, #definition, &[#(#flips),*]))
    }

    fn options(&self, options: &Options) -> TokenStream {
        let Options { history_table, shared, functions, collations, min_sqlite } = options;
        let s = self.support;
        let history_table = self.text(history_table);
        let functions = self.list(
            &quote!(Function),
            functions.iter().map(|Function { name, arguments }| {
                let name = self.text(name);
                quote!(#s::Function { name: #name, arguments: #arguments })
            }),
        );
        let collations = self.texts(collations);
        quote! {
            #s::Options {
                history_table: #history_table,
                shared: #shared,
                functions: #functions,
                collations: #collations,
                min_sqlite: #min_sqlite,
            }
        }
    }

    fn origin(&self, source: &Source) -> TokenStream {
        // Spelled out so that a new field is missed here.
        let Origin { dir, entries } = Origin {
            dir: source.dir.to_string_lossy().into_owned().into(),
            entries: source.entries.iter().flat_map(|entry| [entry, "/"]).collect(),
        };
        let s = self.support;
        let (dir, entries) = (self.text(&dir), self.text(&entries));
        quote!(#s::Origin { dir: #dir, entries: #entries })
    }

    fn digest(&self, digest: Digest) -> TokenStream {
        let (s, bytes) = (self.support, bytes(&digest));
        quote!(#s::Digest(*#bytes))
    }

    fn text(&self, text: &str) -> TokenStream {
        let s = self.support;
        quote!(#s::Cow::Borrowed(#text))
    }

    fn texts(&self, texts: &[Cow<'static, str>]) -> TokenStream {
        let s = self.support;
        self.list(&quote!(Cow<'static, #s::str>), texts.iter().map(|text| self.text(text)))
    }

    /// Each chunk is a constant: the compiler takes those over that are as they were.
    fn chunks(&self, item: &TokenStream, items: &[TokenStream]) -> TokenStream {
        let s = self.support;
        let chunks = items
            .chunks(literal::CHUNK)
            .map(|items| quote!({ const CHUNK: &[#s::literal::#item] = &[#(#items),*]; CHUNK }));
        quote!(&[#(#chunks),*])
    }

    fn option(&self, value: Option<TokenStream>) -> TokenStream {
        let s = self.support;
        match value {
            Some(value) => quote!(#s::Option::Some(#value)),
            None => quote!(#s::Option::None),
        }
    }

    fn list(&self, item: &TokenStream, items: impl ExactSizeIterator<Item = TokenStream>) -> TokenStream {
        let s = self.support;
        if items.len() == 0 {
            return quote!(#s::Cow::Borrowed(&[]));
        }
        quote!(#s::Cow::Borrowed({ static LIST: &[#s::#item] = &[#(#items),*]; LIST }))
    }
}

fn meaning(definition: Option<&Definition>) -> TokenStream {
    let nothing = Definition { strict: Digest::ZERO, loose: Digest::ZERO };
    let Definition { strict, loose } = definition.unwrap_or(&nothing);
    let (strict, loose) = (bytes(strict), bytes(loose));
    quote!([#strict, #loose])
}

/// A byte string is one token, thirty-two numbers are sixty-four.
fn bytes(Digest(bytes): &Digest) -> Literal {
    Literal::byte_string(bytes)
}
