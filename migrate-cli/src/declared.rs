//! What the application declares in Rust: markers, and which migrations have a Rust step.
//!
//! The directory does not say so, and without it a migration would be recorded as applied whose step never ran. So the
//! package's sources are searched for the `migrations!` that names this directory. A call that another macro writes is not
//! found; then `[steps]` in `migrate.toml` is what is known.

use std::fs;
use std::path::{Path, PathBuf};

use migrate_check::Declared;
use migrate_source::{MarkerSpec, Source, parse_marker};
use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::config::Config;

/// What the application declares for a source.
pub(crate) fn declared(config: &Config, source: &Source) -> Declared {
    let mut calls = Vec::new();
    if let (Some(package), Ok(dir)) = (&config.package, config.dir.canonicalize()) {
        search(&package.join("src"), &mut |tokens| calls_in(tokens, package, &dir, &mut calls));
    }
    if calls.is_empty() {
        let steps = source.config.steps.iter().map(|step| step.migration.clone()).collect();
        return Declared { steps, ..Declared::default() };
    }
    let mut declared = Declared::default();
    for call in calls {
        // Two calls of one directory, in a library and its program, say the same.
        let is_new = |marker: &MarkerSpec| !declared.markers.contains(marker);
        let markers: Vec<MarkerSpec> = call.markers.into_iter().filter(is_new).collect();
        declared.markers.extend(markers);
        for step in call.steps {
            if !declared.steps.contains(&step) {
                declared.steps.push(step);
            }
        }
    }
    declared
}

/// Every file of Rust below a directory, as tokens. One that is no Rust does not compile either.
fn search(dir: &Path, each: &mut dyn FnMut(TokenStream)) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            search(&path, each);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap_or_default();
            if let Some(tokens) = text.contains("migrations!").then(|| text.parse().ok()).flatten() {
                each(tokens);
            }
        }
    }
}

/// A `migrations!` call.
struct Call {
    markers: Vec<MarkerSpec>,
    steps: Vec<String>,
}

/// The calls that name a directory, at any depth.
fn calls_in(tokens: TokenStream, package: &Path, dir: &Path, calls: &mut Vec<Call>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else { continue };
        let is_call = at >= 2 && is_word(&tokens[at - 2], "migrations") && is_punct(&tokens[at - 1], '!');
        if !is_call {
            calls_in(group.stream(), package, dir, calls);
            continue;
        }
        let input: Vec<TokenTree> = group.stream().into_iter().collect();
        let names_it = input.first().and_then(text_of).is_some_and(|named| {
            let named = package.join(named).canonicalize();
            named.is_ok_and(|named| named == dir)
        });
        if names_it {
            calls.push(Call { markers: markers(&input), steps: steps(&input) });
        }
    }
}

/// `markers = [column notes.tag_count, table tags]`
fn markers(input: &[TokenTree]) -> Vec<MarkerSpec> {
    let tokens = option(input, "markers", Delimiter::Bracket);
    let items = tokens.split(|token| is_punct(token, ','));
    items.filter_map(|item| parse_marker(&words(item)).ok()).collect()
}

/// `after = { "004_split_names" => backfill::split_names }`
fn steps(input: &[TokenTree]) -> Vec<String> {
    let tokens = option(input, "after", Delimiter::Brace);
    tokens.windows(2).filter(|pair| is_punct(&pair[1], '=')).filter_map(|pair| text_of(&pair[0])).collect()
}

fn option(input: &[TokenTree], name: &str, delimiter: Delimiter) -> Vec<TokenTree> {
    let found = input.windows(3).find_map(|three| match three {
        [word, equals, TokenTree::Group(group)]
            if is_word(word, name) && is_punct(equals, '=') && group.delimiter() == delimiter =>
        {
            Some(group.stream())
        }
        _ => None,
    });
    found.into_iter().flatten().collect()
}

/// The tokens as the text of a `--! marker:` line.
fn words(tokens: &[TokenTree]) -> String {
    let mut text = String::new();
    for token in tokens {
        if matches!(token, TokenTree::Ident(_)) && !text.ends_with('.') {
            text.push(' ');
        }
        match (token, text_of(token)) {
            (TokenTree::Ident(name), _) => text.push_str(name.to_string().trim_start_matches("r#")),
            (_, Some(name)) => text.push_str(&format!(" {}", migrate_sql::quote(&name))),
            _ => text.push_str(&token.to_string()),
        }
    }
    text
}

/// What a string literal says; one with escapes is not understood.
fn text_of(token: &TokenTree) -> Option<String> {
    let TokenTree::Literal(literal) = token else { return None };
    let text = literal.to_string();
    let raw = text.strip_prefix('r').map(|raw| raw.trim_matches('#'));
    let inner = raw.unwrap_or(&text).strip_prefix('"')?.strip_suffix('"')?;
    (raw.is_some() || !inner.contains('\\')).then(|| inner.to_owned())
}

fn is_word(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == word)
}

fn is_punct(token: &TokenTree, punct: char) -> bool {
    matches!(token, TokenTree::Punct(found) if found.as_char() == punct)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_call_says() {
        let rust = r#"
            //! migrations!("migrations", after = { "none" => none })
            mod db {
                migrate::migrations! {
                    "src", // relative to Cargo.toml
                    markers = [column notes.tag_count, no table "odd name", column "a b"."c"],
                    after = { "004_split" => a::b, r"005_more" => c },
                }
            }
            mod other { migrate::migrations!("elsewhere", after = { "006" => d }); }
        "#;
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut calls = Vec::new();
        let dir = package.join("src").canonicalize().unwrap();
        calls_in(rust.parse().unwrap(), package, &dir, &mut calls);
        assert_eq!(calls.len(), 1);
        assert_eq!(calls[0].steps, ["004_split", "005_more"]);
        let markers: Vec<String> = calls[0].markers.iter().map(ToString::to_string).collect();
        assert_eq!(markers, ["column notes.tag_count", "no table \"odd name\"", "column \"a b\".c"]);
    }
}
