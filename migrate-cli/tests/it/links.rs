//! Links of the documents: to files that are there, and to headings that are.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::page::docs;

/// The files of that ending below a directory.
pub(crate) fn files(dir: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display())) {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.append(&mut files(&path, ending));
        } else if path.extension().is_some_and(|extension| extension == ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The lines of a page that are no code.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut code = false;
    text.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        code ^= fence;
        !code && !fence
    })
}

/// Where a page's links lead.
fn links(text: &str) -> Vec<&str> {
    let mut links = Vec::new();
    for line in prose(text) {
        for (at, _) in line.match_indices("](") {
            // Between back quotes it is code. A link whose text is code has both before it.
            let is_code = line[..at].matches('`').count() % 2 == 1;
            let target = line[at + 2..].split(')').next().unwrap_or_default();
            if !is_code && !target.contains("://") {
                links.push(target);
            }
        }
    }
    links
}

/// The names of a page's headings, as code hosts and mdBook make them.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut anchors = BTreeSet::new();
    for line in prose(text).filter(|line| line.starts_with('#')) {
        let mut heading = line.trim_start_matches('#').trim().to_lowercase();
        while let Some((start, end)) = heading.find("](").and_then(|at| Some((at, at + heading[at..].find(')')?))) {
            heading.replace_range(start..=end, "");
        }
        let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        let name: String = kept.map(|c| if c == ' ' { '-' } else { c }).collect();
        let mut numbered = (1..).map(|number| format!("{name}-{number}"));
        let name = if anchors.contains(&name) { numbered.find(|other| !anchors.contains(other)) } else { Some(name) };
        anchors.insert(name.expect("a name"));
    }
    anchors
}

#[test]
fn every_link_of_the_pages_leads_somewhere() {
    let root = docs().parent().expect("the workspace").to_owned();
    let mut pages = files(&docs(), "md");
    pages.extend(["README.md", "ARCHITECTURE.md", "CHANGELOG.md"].map(|name| root.join(name)));
    let (mut seen, mut broken) = (0, Vec::new());
    for page in &pages {
        let text = fs::read_to_string(page).expect("a page");
        for link in links(&text) {
            seen += 1;
            let (path, anchor) = link.split_once('#').map_or((link, None), |(path, anchor)| (path, Some(anchor)));
            let to = if path.is_empty() { page.clone() } else { page.with_file_name("").join(path) };
            let there = match anchor {
                None => to.exists(),
                Some(anchor) => fs::read_to_string(&to).is_ok_and(|text| anchors(&text).contains(anchor)),
            };
            if !there {
                broken.push(format!("{}: {link}", page.strip_prefix(&root).unwrap_or(page).display()));
            }
        }
    }
    assert!(seen > 200, "{seen}");
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// The values of an attribute in a page of HTML.
fn attributes<'t>(html: &'t str, name: &str) -> Vec<&'t str> {
    let start = format!(" {name}=\"");
    html.split(start.as_str()).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
#[ignore = "docs/build runs it on the book that it has made"]
fn every_link_of_the_book_leads_somewhere() {
    let book = PathBuf::from(std::env::var_os("MIGRATE_BOOK").expect("MIGRATE_BOOK"));
    let pages = files(&book, "html");
    let mut broken = Vec::new();
    // Both are made by mdBook: everything on one page, and what a server shows where there is no page.
    let is_page = |page: &&PathBuf| !page.ends_with("print.html") && !page.ends_with("404.html");
    for page in pages.iter().filter(is_page) {
        let html = fs::read_to_string(page).expect("a page");
        for link in attributes(&html, "href").into_iter().chain(attributes(&html, "src")) {
            let (path, anchor) = link.split_once('#').map_or((link, None), |(path, anchor)| (path, Some(anchor)));
            if path.contains("://") || path.starts_with("data:") {
                continue;
            }
            let to = if path.is_empty() { page.clone() } else { page.with_file_name("").join(path) };
            let there = match anchor {
                None => to.is_file(),
                Some(anchor) => fs::read_to_string(&to).is_ok_and(|html| attributes(&html, "id").contains(&anchor)),
            };
            if !there {
                broken.push(format!("{}: {link}", page.strip_prefix(&book).unwrap_or(page).display()));
            }
        }
    }
    assert!(pages.len() > 100, "{}", pages.len());
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}
