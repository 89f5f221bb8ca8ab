//! Versions as a user writes them.

use migrate_core::{Migrations, Target, Version};

use crate::failure::Failure;

/// `latest`, `base`, `3`, `003`, `003_add_tags`, `003_add_tags.sql`.
pub(super) fn target<V: Version>(migrations: &Migrations<V>, word: &str) -> Result<Target<V>, Failure> {
    let names: Vec<&str> = migrations.iter().map(|migration| migration.name).collect();
    Ok(match position(&names, word)? {
        Position::Latest => Target::Latest,
        Position::Base => Target::Base,
        Position::At(index) => V::from_index(index).map_or(Target::Latest, Target::At),
    })
}

/// A place in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Position {
    Base,
    /// After the migration of this index.
    At(usize),
    Latest,
}

/// The migration that a word means, if it means one.
pub(super) fn named(names: &[&str], word: &str) -> Option<usize> {
    names.iter().position(|name| is(name, word))
}

pub(super) fn position(names: &[&str], word: &str) -> Result<Position, Failure> {
    if let Some(index) = named(names, word) {
        return Ok(Position::At(index));
    }
    match word {
        "latest" => return Ok(Position::Latest),
        "base" => return Ok(Position::Base),
        _ => {}
    }
    let near = migrate_source::nearest(word, names.iter().copied())
        .or_else(|| migrate_source::nearest(word, names.iter().filter_map(|name| name.strip_suffix(".sql"))))
        .or_else(|| migrate_source::nearest(word, ["latest", "base"]));
    let help = match (near, names) {
        (Some(near), _) => format!("write `{near}`"),
        (None, []) => "there are no migrations".to_owned(),
        (None, [only]) => format!("there is `{only}`; also `latest` and `base`"),
        (None, [first, .., last]) => format!("there are `{first}` to `{last}`; also `latest` and `base`"),
    };
    Err(Failure::usage(format!("there is no version `{word}`\nhelp: {help}")))
}

/// Whether a word means the migration of this name.
fn is(name: &str, word: &str) -> bool {
    let is_number = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    name == word || name.strip_suffix(".sql") == Some(word) || (is_number && number(name) == number(word))
}

/// The number in front of a name, without its zeroes: `2` of `002_add_tags.sql` and of `V2__add_tags.sql`.
fn number(name: &str) -> Option<String> {
    let rest = name.strip_prefix('V').unwrap_or(name);
    let end = rest.bytes().position(|byte| !byte.is_ascii_digit() && byte != b'.').unwrap_or(rest.len());
    let digits = rest[..end].trim_end_matches('.');
    let plain = digits.trim_start_matches('0');
    (!digits.is_empty()).then(|| if plain.is_empty() { "0".to_owned() } else { plain.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words() {
        let names = ["000_zero.sql", "002_add_tags.sql", "010_more.sql", "V11__flyway.sql", "20260101120000_time.sql"];
        for (word, expect) in [
            ("0", Position::At(0)),
            ("000", Position::At(0)),
            ("2", Position::At(1)),
            ("002", Position::At(1)),
            ("002_add_tags", Position::At(1)),
            ("002_add_tags.sql", Position::At(1)),
            ("10", Position::At(2)),
            ("11", Position::At(3)),
            ("20260101120000", Position::At(4)),
            ("latest", Position::Latest),
            ("base", Position::Base),
        ] {
            assert_eq!(position(&names, word).unwrap(), expect, "{word}");
        }
        for (word, help) in [
            ("002_add_tagz", "write `002_add_tags`"),
            ("lastest", "write `latest`"),
            ("1", "there are `000_zero.sql` to `20260101120000_time.sql`; also `latest` and `base`"),
            ("", "there are `000_zero.sql` to `20260101120000_time.sql`; also `latest` and `base`"),
        ] {
            let message = position(&names, word).unwrap_err().message;
            assert_eq!(message, format!("there is no version `{word}`\nhelp: {help}"));
        }
    }
}
