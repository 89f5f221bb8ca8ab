//! The manual pages of findings, `docs/findings` in one file, so that the program has them wherever it is.

const PAGES: &str = include_str!("pages.md");

/// Those that are not simply errors, each with a line: id, severities.
const SEVERITIES: &str = include_str!("severities.txt");

/// How grave a finding is: `error`, `warning`, `error or warning`, `information`.
pub(crate) fn severity(id: &str) -> &'static str {
    let mut lines = SEVERITIES.lines().filter_map(|line| line.split_once(' '));
    lines.find(|(other, _)| *other == id).map_or("error", |(_, severity)| severity)
}

/// The pages, in the order of their ids: id, and the whole page.
pub(crate) fn pages() -> Vec<(&'static str, &'static str)> {
    let mut ids: Vec<&str> = migrate_source::IDS.iter().chain(migrate_check::IDS).copied().collect();
    ids.sort_unstable();
    let mut rest = PAGES;
    let mut pages = Vec::new();
    for (at, id) in ids.iter().enumerate() {
        let end = ids.get(at + 1).and_then(|next| rest.find(&format!("\n# {next}\n"))).map_or(rest.len(), |at| at + 1);
        let (page, after) = rest.split_at(end);
        pages.push((*id, page));
        rest = after;
    }
    pages
}

/// The first paragraph of a page, on one line.
pub(crate) fn summary(page: &str) -> String {
    let text = page.split_once('\n').map_or("", |(_, text)| text).trim_start();
    let paragraph = text.split("\n\n").next().unwrap_or_default();
    paragraph.lines().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    /// `UPDATE_PAGES=1` writes the file anew.
    #[test]
    fn the_pages_are_those_of_the_repository() {
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        let findings = package.join("../docs/findings");
        let mut ids: Vec<&str> = migrate_source::IDS.iter().chain(migrate_check::IDS).copied().collect();
        ids.sort_unstable();
        let text = ids.iter().map(|id| {
            let page = fs::read_to_string(findings.join(format!("{id}.md"))).expect("a page");
            assert!(page.starts_with(&format!("# {id}\n")), "{id}");
            format!("{}\n", page.trim_end())
        });
        let text = text.collect::<Vec<_>>().join("\n");
        if std::env::var_os("UPDATE_PAGES").is_some() {
            fs::write(package.join("src/pages.md"), &text).expect("written");
            return;
        }
        assert!(PAGES == text, "src/pages.md is out of date; UPDATE_PAGES=1 cargo test -p migrate-cli --lib writes it");
    }

    /// The severities that a file of source gives its findings; an error where that is left to another one.
    fn severities(source: &str) -> String {
        let information = source.contains("Severity::Information");
        let warns = source.matches("Finding::warning(").count() > source.matches("Severity::Information").count();
        let fails = source.contains("Finding::error(") || !(warns || information);
        let words = [(fails, "error"), (warns, "warning"), (information, "information")];
        words.iter().filter(|(is, _)| *is).map(|(_, word)| *word).collect::<Vec<_>>().join(" or ")
    }

    /// `UPDATE_PAGES=1` writes the file anew.
    #[test]
    fn the_severities_are_those_of_the_rules() {
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        let rules = package.join("../migrate-check/src/rules");
        let text = migrate_check::IDS.iter().filter_map(|id| {
            let source = fs::read_to_string(rules.join(format!("{}.rs", id.replace('-', "_")))).expect("a rule");
            let mut severity = severities(&source);
            // The reader of files has a finding of this name too, and its are errors.
            if migrate_source::IDS.contains(id) && severity == "warning" {
                severity = "error or warning".to_owned();
            }
            (severity != "error").then(|| format!("{id} {severity}\n"))
        });
        let text = text.collect::<String>();
        if std::env::var_os("UPDATE_PAGES").is_some() {
            fs::write(package.join("src/severities.txt"), &text).expect("written");
            return;
        }
        assert!(
            SEVERITIES == text,
            "src/severities.txt is out of date; UPDATE_PAGES=1 cargo test -p migrate-cli --lib writes it"
        );
        for id in migrate_source::IDS {
            assert!(migrate_check::IDS.contains(id) || severity(id) == "error", "{id}");
        }
    }

    #[test]
    fn every_finding_has_its_own_page_and_a_summary() {
        for (id, page) in pages() {
            assert!(page.starts_with(&format!("# {id}\n")), "{id}: {page}");
            assert!(summary(page).ends_with(['.', ':']), "{id}: {}", summary(page));
        }
    }
}
