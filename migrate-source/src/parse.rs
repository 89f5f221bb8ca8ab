//! A listing becomes a source: the phases, in order.

use crate::config;
use crate::finding::{Finding, Subject};
use crate::ids;
use crate::layout;
use crate::listing::Listing;
use crate::lock;
use crate::migration;
use crate::proof;
use crate::script;
use crate::source::Source;
use crate::text::Texts;
use crate::variant;

/// Makes a source of a listing, with everything that is wrong with it. Touches no file, and never panics.
///
/// ```
/// use migrate_source::{Listing, parse};
/// let (source, findings) = parse(&Listing::from_files([("001_create_notes.sql", "CREATE TABLE notes(id)")]));
/// assert!(findings.is_empty());
/// assert_eq!(source.migrations[0].name, "001_create_notes.sql");
/// ```
#[must_use]
pub fn parse(listing: &Listing) -> (Source, Vec<Finding>) {
    let mut findings = Vec::new();
    let mut source = Source::empty(&listing.dir, &listing.shown);
    let mut texts = Texts::new(listing);

    let layout = layout::arrange(listing, &mut findings);
    let named = findings.is_empty();
    let toml = layout.config.as_ref().and_then(|name| texts.open(name, &mut findings));
    let base = layout.base.as_ref().and_then(|name| texts.open(name, &mut findings));
    source.base = base.map(|file| script::whole(&file, "base schema", &mut findings));
    for draft in &layout.drafts {
        source.migrations.push(migration::parse(draft, &mut texts, &mut findings));
    }
    let schema = layout.schema.as_ref().and_then(|name| texts.open(name, &mut findings));
    source.schema = schema.map(|file| script::whole(&file, "schema", &mut findings));
    for name in &layout.locks {
        let file = texts.open(name, &mut findings);
        match (name.as_str(), file) {
            ("migrations.lock", Some(file)) => source.lock = lock::parse(&file, &source, &mut findings),
            ("squashed.lock", Some(file)) => source.squashed = lock::squashed(&file, &source, &mut findings),
            ("proof.lock", Some(file)) => proof::advise(&file, &mut findings),
            _ => {}
        }
    }
    variant::assign(&layout.drafts, &mut source.migrations, &mut findings);
    // A name that is wrong is not released by that name, and one mistake is enough.
    if let (Some(lock), true) = (&source.lock, named) {
        lock::compare(lock, &source, &mut findings);
    }
    if let Some(file) = toml {
        source.config = config::parse(&file, &source, &mut findings);
    }

    once(&mut findings);
    sort(&mut findings);
    source.files = texts.into_files();
    source.entries = layout.entries;
    (source, findings)
}

/// A file that has just been made, under a name that is not right yet, is one mistake: that nothing is in it is said once
/// the name is.
fn once(findings: &mut Vec<Finding>) {
    let path = |finding: &Finding| match &finding.subject {
        Subject::File(path) => Some(path.clone()),
        Subject::Place(place) => Some(place.path.clone()),
        Subject::Directory | Subject::Marker(_) | Subject::Step(_) => None,
    };
    let misnamed = findings.iter().filter(|finding| finding.id == ids::NEAR_MISS_NAME);
    let misnamed: Vec<String> = misnamed.filter_map(path).collect();
    findings.retain(|finding| {
        let is_empty = [ids::EMPTY_FILE, ids::EMPTY_MIGRATION].contains(&finding.id);
        !is_empty || path(finding).is_none_or(|path| !misnamed.contains(&path))
    });
}

/// Orders findings by file, and by place within a file; what is about the directory comes first.
fn sort(findings: &mut [Finding]) {
    findings.sort_by_cached_key(|finding| match &finding.subject {
        Subject::File(path) => (path.clone(), 0),
        Subject::Place(place) => (place.path.clone(), place.span.start),
        Subject::Directory | Subject::Marker(_) | Subject::Step(_) => (String::new(), 0),
    });
}
