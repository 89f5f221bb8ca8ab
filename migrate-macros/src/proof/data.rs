//! The proved data as Rust. Every value is destructured, so that a new field cannot be forgotten.
//!
//! Lists are statics of their own: a single expression for a thousand migrations would cost the compiler minutes.

use std::borrow::Cow;

use migrate_source::Source;
use migrate_sql::set::{
    Adopt, Change, Fresh, Function, Kind, Look, Marker, Migration, Object, Options, Origin, Script, Set, Squashed,
    Statement,
};
use migrate_sql::{Definition, Digest};
use proc_macro2::{Literal, TokenStream};
use quote::quote;

/// An expression of the type `Set`.
pub(super) fn set(set: &Set, source: &Source, support: &TokenStream) -> TokenStream {
    Data { support }.set(set, source)
}

/// Printer of data; `support` is the path of the module where the types are.
struct Data<'a> {
    support: &'a TokenStream,
}

impl Data<'_> {
    fn set(&self, set: &Set, source: &Source) -> TokenStream {
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
        let migrations = self.list(&quote!(Migration), migrations.iter().map(|migration| self.migration(migration)));
        let squashed = self.list(&quote!(Squashed), squashed.iter().map(|squashed| self.squashed(squashed)));
        let squashed_release = self.option(squashed_release.as_ref().map(|release| self.text(release)));
        let base = self.option(base.as_ref().map(|script| self.script(script)));
        let base_changes = self.changes(base_changes);
        let base_fingerprint = self.digest(*base_fingerprint);
        let base_markers = self.list(&quote!(Look), base_markers.iter().map(|look| self.look(look)));
        let schema = self.option(schema.as_ref().map(|script| self.script(script)));
        let snapshot = self.option(snapshot.as_ref().map(|script| self.script(script)));
        let markers = self.list(&quote!(Marker), markers.iter().map(|marker| self.marker(marker)));
        let marker_sql = self.text(marker_sql);
        let options = self.options(options);
        let origin = self.origin(source);
        quote! {
            #s::Set {
                migrations: #migrations,
                squashed: #squashed,
                squashed_release: #squashed_release,
                base: #base,
                base_changes: #base_changes,
                base_fingerprint: #base_fingerprint,
                base_markers: #base_markers,
                schema: #schema,
                snapshot: #snapshot,
                markers: #markers,
                marker_sql: #marker_sql,
                options: #options,
                // In the application's crate: a release build holds no path of the machine that made it.
                origin: if #s::cfg!(debug_assertions) { #s::Option::Some(#origin) } else { #s::Option::None },
            }
        }
    }

    fn squashed(&self, squashed: &Squashed) -> TokenStream {
        let Squashed { name, checksum } = squashed;
        let s = self.support;
        let (name, checksum) = (self.text(name), self.digest(*checksum));
        quote!(#s::Squashed { name: #name, checksum: #checksum })
    }

    fn migration(&self, migration: &Migration) -> TokenStream {
        let Migration { name, up, down, checksum, chain, fingerprint, changes, transaction, foreign_keys, adopt, step } =
            migration;
        let s = self.support;
        let name = self.text(name);
        let up = self.script(up);
        let down = self.option(down.as_ref().map(|script| self.script(script)));
        let (checksum, chain, fingerprint) = (self.digest(*checksum), self.digest(*chain), self.digest(*fingerprint));
        let changes = self.changes(changes);
        let adopt = self.option(adopt.map(|adopt| match adopt {
            Adopt::Run => quote!(#s::Adopt::Run),
            Adopt::Skip => quote!(#s::Adopt::Skip),
        }));
        let step = self.option(step.map(|fresh| match fresh {
            Fresh::Run => quote!(#s::Fresh::Run),
            Fresh::Skip => quote!(#s::Fresh::Skip),
        }));
        quote! {
            {
                const MIGRATION: #s::Migration = #s::Migration {
                    name: #name,
                    up: #up,
                    down: #down,
                    checksum: #checksum,
                    chain: #chain,
                    fingerprint: #fingerprint,
                    changes: #changes,
                    transaction: #transaction,
                    foreign_keys: #foreign_keys,
                    adopt: #adopt,
                    step: #step,
                };
                MIGRATION
            }
        }
    }

    fn script(&self, script: &Script) -> TokenStream {
        let Script { path, sql, statements } = script;
        let s = self.support;
        let (path, sql) = (self.text(path), self.text(sql));
        let statements = self.list(
            &quote!(Statement),
            statements.iter().map(|Statement { start, end, line, column }| {
                quote!(#s::Statement { start: #start, end: #end, line: #line, column: #column })
            }),
        );
        quote!(#s::Script { path: #path, sql: #sql, statements: #statements })
    }

    fn changes(&self, changes: &[Change]) -> TokenStream {
        let s = self.support;
        self.list(
            &quote!(Change),
            changes.iter().map(|Change { object, after }| {
                let object = self.object(object);
                let after = self.option(after.as_ref().map(|definition| self.definition(definition)));
                quote!(#s::Change { object: #object, after: #after })
            }),
        )
    }

    fn object(&self, object: &Object) -> TokenStream {
        let Object { kind, name, table } = object;
        let s = self.support;
        let (kind, name, table) = (self.kind(*kind), self.text(name), self.text(table));
        quote!(#s::Object { kind: #kind, name: #name, table: #table })
    }

    fn look(&self, look: &Look) -> TokenStream {
        let s = self.support;
        match look {
            Look::Object { kind, name, present } => {
                let (kind, name) = (self.kind(*kind), self.text(name));
                quote!(#s::Look::Object { kind: #kind, name: #name, present: #present })
            }
            Look::Column { table, column, present } => {
                let (table, column) = (self.text(table), self.text(column));
                quote!(#s::Look::Column { table: #table, column: #column, present: #present })
            }
            Look::Definition { kind, name, definition } => {
                let (kind, name, definition) = (self.kind(*kind), self.text(name), self.definition(definition));
                quote!(#s::Look::Definition { kind: #kind, name: #name, definition: #definition })
            }
        }
    }

    fn marker(&self, marker: &Marker) -> TokenStream {
        let Marker { look, flips } = marker;
        let s = self.support;
        let look = self.look(look);
        let flips = flips.iter();
        // Numbers need no drop, so the compiler makes a static of them by itself.
        quote!(#s::Marker { look: #look, flips: #s::Cow::Borrowed(&[#(#flips),*]) })
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
            entries: source.entries.iter().map(|entry| Cow::Owned(entry.clone())).collect(),
        };
        let s = self.support;
        let (dir, entries) = (self.text(&dir), self.texts(&entries));
        quote!(#s::Origin { dir: #dir, entries: #entries })
    }

    fn kind(&self, kind: Kind) -> TokenStream {
        let s = self.support;
        match kind {
            Kind::Table => quote!(#s::Kind::Table),
            Kind::View => quote!(#s::Kind::View),
            Kind::Index => quote!(#s::Kind::Index),
            Kind::Trigger => quote!(#s::Kind::Trigger),
        }
    }

    fn definition(&self, definition: &Definition) -> TokenStream {
        let Definition { strict, loose } = definition;
        let s = self.support;
        let (strict, loose) = (self.digest(*strict), self.digest(*loose));
        quote!(#s::Definition { strict: #strict, loose: #loose })
    }

    /// A byte string is one token, thirty-two numbers are sixty-four.
    fn digest(&self, Digest(bytes): Digest) -> TokenStream {
        let s = self.support;
        let bytes = Literal::byte_string(&bytes);
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
