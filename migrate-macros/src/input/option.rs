//! The options after the directory.

use migrate_source::nearest;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Ident, LitStr, Path, Token, braced, bracketed};

use super::{Input, Step, instead, list, marker, skip, wrong};

const OPTIONS: [&str; 2] = ["markers", "after"];

/// Reads `name = value, …` to the end of the input.
pub(super) fn parse(stream: ParseStream<'_>, input: &mut Input, errors: &mut Vec<syn::Error>) -> syn::Result<()> {
    let mut seen: Vec<Ident> = Vec::new();
    list(stream, errors, |stream, errors| {
        let name = name(stream)?;
        if seen.contains(&name) {
            errors.push(wrong(&name, &format!("option `{name}` is given twice"), "put everything in the first"));
        }
        stream.parse::<Token![=]>()?;
        if name == "markers" {
            markers(stream, input, errors)?
        } else {
            after(stream, input, errors)?
        }
        seen.push(name);
        Ok(())
    })
    .map(drop)
}

fn name(stream: ParseStream<'_>) -> syn::Result<Ident> {
    let all = format!("the options are {}", OPTIONS.map(|name| format!("`{name}`")).join(" and "));
    let name = Ident::parse_any(stream).map_err(|error| instead(&error, "an option is expected", &all))?;
    let word = name.to_string();
    if OPTIONS.contains(&word.as_str()) {
        return Ok(name);
    }
    let help = nearest(&word, OPTIONS).map_or(all, |near| format!("write `{near}`"));
    Err(wrong(&name, &format!("there is no option `{word}`"), &help))
}

/// `[column notes.tag_count, table tags]`
fn markers(stream: ParseStream<'_>, input: &mut Input, errors: &mut Vec<syn::Error>) -> syn::Result<()> {
    let items;
    bracketed!(items in stream);
    let sound = list(&items, errors, |stream, _| {
        input.markers.push(marker::parse(stream)?);
        Ok(())
    })?;
    if !sound {
        input.markers.clear();
    }
    Ok(())
}

/// `{ "004_split_names" => backfill::split_names }`
fn after(stream: ParseStream<'_>, input: &mut Input, errors: &mut Vec<syn::Error>) -> syn::Result<()> {
    let items;
    braced!(items in stream);
    list(&items, errors, |stream, errors| {
        let named = "write it as a string, as in `\"004_split_names\" => split_names`";
        let migration =
            stream.parse::<LitStr>().map_err(|error| instead(&error, "the name of a migration is expected", named))?;
        stream
            .parse::<Token![=>]>()
            .map_err(|error| instead(&error, "`=>` is expected", "write the function after it"))?;
        let called = "name a `fn(&Connection) -> Result<(), E>`";
        let function =
            stream.parse::<Path>().map_err(|error| instead(&error, "the path of a function is expected", called));
        let function = match function {
            Ok(function) => Some(function),
            Err(error) => {
                errors.push(error);
                skip(stream)?;
                None
            }
        };
        input.steps.push(Step { migration, function });
        Ok(())
    })
    .map(drop)
}
