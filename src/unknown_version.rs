//! Finding a version by what somebody typed.

use std::fmt;

/// A text names no version of the schema.
///
/// The error of the `FromStr` of a generated `Version`, which takes a migration's name, with or without `.sql`, and
/// the name of the variant.
///
/// ```
/// # mod db { migrate::migrations!("migrate-core/tests/fixtures/notes"); }
/// # fn main() {
/// use migrate::UnknownVersion;
///
/// assert_eq!("002_add_tags".parse(), Ok(db::Version::AddTags));
/// let unknown: UnknownVersion = "AddTag".parse::<db::Version>().expect_err("there is none");
/// assert!(unknown.to_string().starts_with("there is no version `AddTag`"), "{unknown}");
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownVersion {
    given: String,
    /// The name that was probably meant.
    near: Option<&'static str>,
    /// The first and the last name.
    range: Option<(&'static str, &'static str)>,
}

impl fmt::Display for UnknownVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no version `{}`\nhelp: ", self.given)?;
        match (self.near, self.range) {
            (Some(near), _) => write!(f, "write `{near}`"),
            (None, Some((first, last))) => write!(f, "name one from `{first}` to `{last}`"),
            (None, None) => f.write_str("name a migration"),
        }
    }
}

impl std::error::Error for UnknownVersion {}

/// The index of a version, by its migration's name or its variant's.
pub fn find_version(
    given: &str,
    names: &'static [&'static str],
    variants: &[&'static str],
) -> Result<usize, UnknownVersion> {
    let stem = given.strip_suffix(".sql").unwrap_or(given);
    let is = |name: &&str| name.strip_suffix(".sql").unwrap_or(name) == stem;
    let found = names.iter().position(is).or_else(|| variants.iter().position(|variant| *variant == given));
    found.ok_or_else(|| {
        let near = names.iter().map(|name| (edits(stem, name.strip_suffix(".sql").unwrap_or(name)), *name)).min();
        UnknownVersion {
            given: given.to_owned(),
            near: near.filter(|(edits, name)| edits * 3 <= name.len()).map(|(_, name)| name),
            range: names.first().copied().zip(names.last().copied()),
        }
    })
}

/// How many characters have to be added, removed or replaced to make one text of the other.
fn edits(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, y) in b.chars().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::find_version;

    #[track_caller]
    fn check(given: &str, expect: Result<usize, &str>) {
        let names = &["001_create_notes.sql", "002_add_tags.sql", "010_add_search.sql"];
        let found = find_version(given, names, &["CreateNotes", "AddTags", "AddSearch"]);
        assert_eq!(found.map_err(|error| error.to_string()), expect.map_err(str::to_owned));
    }

    #[test]
    fn by_name_and_by_variant() {
        check("002_add_tags.sql", Ok(1));
        check("002_add_tags", Ok(1));
        check("AddSearch", Ok(2));
    }

    #[test]
    fn unknown_ones_are_answered_with_a_name() {
        check("002_add_tag", Err("there is no version `002_add_tag`\nhelp: write `002_add_tags.sql`"));
        check("addsearch", Err("there is no version `addsearch`\nhelp: write `010_add_search.sql`"));
        let range = "help: name one from `001_create_notes.sql` to `010_add_search.sql`";
        check("latest", Err(&format!("there is no version `latest`\n{range}")));
        check("", Err(&format!("there is no version ``\n{range}")));
    }
}
