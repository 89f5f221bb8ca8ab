//! The manual pages of findings, `docs/findings` in one file, so that the program has them wherever it is.

const PAGES: &str = include_str!("pages.md");

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

    #[test]
    fn every_finding_has_its_own_page_and_a_summary() {
        for (id, page) in pages() {
            assert!(page.starts_with(&format!("# {id}\n")), "{id}: {page}");
            assert!(summary(page).ends_with(['.', ':']), "{id}: {}", summary(page));
        }
    }
}
