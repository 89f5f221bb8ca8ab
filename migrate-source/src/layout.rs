//! Which files make which migration, whatever the layout, and in which order.

use std::collections::BTreeMap;

use crate::directory;
use crate::finding::{Finding, Subject};
use crate::ids;
use crate::listing::{Content, Listing};
use crate::name::{self, Part, Problem, Role};
use crate::nearest::nearest;
use crate::number::Number;
use crate::stem;

/// The files of a directory, by what they are for. Files are named as the listing names them.
#[derive(Debug, Default)]
pub(crate) struct Layout {
    pub(crate) config: Option<String>,
    pub(crate) base: Option<String>,
    pub(crate) schema: Option<String>,
    pub(crate) locks: Vec<String>,
    /// Oldest first.
    pub(crate) drafts: Vec<Draft>,
    /// What `Source::entries` says.
    pub(crate) entries: Vec<String>,
}

/// A migration: the names of its files.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) stem: String,
    pub(crate) number: Option<Number>,
    pub(crate) words: String,
    pub(crate) up: String,
    pub(crate) down: Option<String>,
    pub(crate) witness: Option<String>,
    /// diesel's `metadata.toml`.
    pub(crate) metadata: Option<String>,
}

/// The scripts of a migration, as they are found.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    up: Option<String>,
    down: Option<String>,
    witness: Option<String>,
    pub(crate) metadata: Option<String>,
}

/// Arranges a listing.
pub(crate) fn arrange(listing: &Listing, findings: &mut Vec<Finding>) -> Layout {
    let mut layout = Layout::default();
    let mut stems: BTreeMap<String, Parts> = BTreeMap::new();
    for (name, content) in listing.children("") {
        let left_over = name::is_left_over(name);
        if !left_over && is_directory(content) {
            layout.entries.push(name.to_owned());
            directory::arrange(listing, name, content, &mut stems, findings);
            continue;
        }
        let (role, problem) = name::role(name);
        if *content == Content::NameNotUtf8 && !left_over && role != Role::Other {
            let help = "rename it, with letters that every system can write";
            findings.push(near_miss(listing, name, Problem::new("has a name that is not UTF-8", help)));
            continue;
        }
        if let Some(problem) = problem {
            findings.push(near_miss(listing, name, problem));
        }
        if let (Content::Unreadable(reason), false) = (content, role == Role::Other) {
            findings.push(unreadable(listing, name, reason));
        }
        if role != Role::Other {
            layout.entries.push(name.to_owned());
        }
        match role {
            Role::Config => layout.config = Some(name.to_owned()),
            Role::Lock => layout.locks.push(name.to_owned()),
            Role::Base => layout.base = Some(name.to_owned()),
            Role::Schema => layout.schema = Some(name.to_owned()),
            Role::Script(part, stem) => {
                stems.entry(stem.to_owned()).or_default().add(part, name, listing, findings);
            }
            Role::Other | Role::Unclear => {}
        }
    }
    layout.drafts = drafts(listing, stems, findings);
    mixed_names(listing, &layout.drafts, findings);
    duplicates(listing, &layout.drafts, findings);
    if layout.drafts.is_empty() && findings.is_empty() {
        let example = listing.shown("001_create_notes.sql");
        let message = format!("`{}` holds no migration", listing.shown);
        let finding = Finding::error(ids::NO_MIGRATIONS, message, Subject::Directory);
        findings.push(finding.help(format!("write the first one, such as `{example}`")));
    }
    layout
}

pub(crate) fn near_miss(listing: &Listing, name: &str, problem: Problem) -> Finding {
    let message = format!("`{name}` {}", problem.fact);
    Finding::error(ids::NEAR_MISS_NAME, message, Subject::File(listing.shown(name))).help(problem.help)
}

pub(crate) fn unreadable(listing: &Listing, name: &str, reason: &str) -> Finding {
    let message = format!("`{name}` cannot be read: {reason}");
    Finding::error(ids::UNREADABLE_FILE, message, Subject::File(listing.shown(name)))
        .help("make it a file that this user may read, or remove it")
}

fn is_directory(content: &Content) -> bool {
    matches!(content, Content::Directory | Content::Closed(_))
}

impl Parts {
    /// Adds a script; a second one of the same kind is an error.
    pub(crate) fn add(&mut self, part: Part, name: &str, listing: &Listing, findings: &mut Vec<Finding>) {
        let (slot, id, what) = match part {
            Part::Up => (&mut self.up, ids::DUPLICATE_NAME, "the same migration"),
            Part::Down => (&mut self.down, ids::DUPLICATE_DOWN, "the down script of the same migration"),
            Part::Witness => (&mut self.witness, ids::DUPLICATE_NAME, "the witness script of the same migration"),
        };
        match slot {
            None => *slot = Some(name.to_owned()),
            Some(first) => {
                let message = format!("`{first}` and `{name}` are {what}");
                let finding = Finding::error(id, message, Subject::File(listing.shown(name)));
                findings.push(finding.help("remove one of them, or rename it"));
            }
        }
    }
}

/// The migrations, oldest first; scripts without one are findings.
fn drafts(listing: &Listing, stems: BTreeMap<String, Parts>, findings: &mut Vec<Finding>) -> Vec<Draft> {
    let ups: Vec<String> = stems.iter().filter(|(_, parts)| parts.up.is_some()).map(|(stem, _)| stem.clone()).collect();
    let mut drafts = Vec::new();
    for (stem, parts) in stems {
        let parsed = stem::parse(&stem);
        let Some(up) = parts.up else {
            let without = [
                (parts.down, ids::DOWN_WITHOUT_UP, "down script"),
                (parts.witness, ids::WITNESS_WITHOUT_UP, "witness script"),
            ];
            for (name, id, what) in without {
                let Some(name) = name else { continue };
                let same_number = |up: &&String| parsed.number.is_some() && stem::parse(up).number == parsed.number;
                let meant = ups.iter().find(same_number).map(String::as_str);
                let meant = meant.or_else(|| nearest(&stem, ups.iter().map(String::as_str)));
                let message = format!("`{name}` is the {what} of no migration");
                let finding = Finding::error(id, message, Subject::File(listing.shown(&name)));
                findings.push(match meant {
                    Some(meant) => finding.help(format!("rename it to `{}`", companion(&name, &stem, meant))),
                    None => finding.help(format!("write the migration, `{stem}.sql`, or remove this file")),
                });
            }
            continue;
        };
        drafts.push(Draft {
            number: parsed.number,
            words: parsed.words.to_owned(),
            up,
            down: parts.down,
            witness: parts.witness,
            metadata: parts.metadata,
            stem,
        });
    }
    drafts.sort_by(|a, b| {
        let number = |one: &Option<Number>, other: &Option<Number>| {
            one.is_none().cmp(&other.is_none()).then_with(|| one.cmp(other))
        };
        number(&a.number, &b.number).then_with(|| a.stem.cmp(&b.stem))
    });
    drafts
}

/// The name that a script should have to belong to the migration `meant`.
fn companion(name: &str, stem: &str, meant: &str) -> String {
    format!("{meant}{}", name.strip_prefix(stem).unwrap_or(name))
}

fn mixed_names(listing: &Listing, drafts: &[Draft], findings: &mut Vec<Finding>) {
    let (numbered, unnumbered): (Vec<&Draft>, Vec<&Draft>) = drafts.iter().partition(|draft| draft.number.is_some());
    let (Some(first), Some(bare)) = (numbered.first(), unnumbered.first()) else { return };
    if numbered.len() < unnumbered.len() {
        for draft in numbered {
            let message = format!("`{}` has a number, and `{}` has none", draft.up, bare.up);
            let finding = Finding::error(ids::MIXED_NAMES, message, Subject::File(listing.shown(&draft.up)));
            findings.push(finding.help("give every migration a number, or none"));
        }
        return;
    }
    for draft in unnumbered {
        let message = format!("`{}` has no number, and `{}` has one", draft.up, first.up);
        let finding = Finding::error(ids::MIXED_NAMES, message, Subject::File(listing.shown(&draft.up)));
        let special = nearest(&draft.stem, ["schema", "base"]);
        findings.push(match (special, numbered.last().and_then(|last| next(&last.stem))) {
            (Some(special), _) => finding.help(format!("rename it to `{special}.sql`, if that is what it is")),
            (None, Some(next)) => {
                let better = format!("{next}_{}", draft.up);
                finding.help(format!("give it a number, as in `{better}`, or move it out of the directory"))
            }
            (None, None) => finding.help("give it a number and an underscore, or move it out of the directory"),
        });
    }
}

/// The number after that of the newest migration, as wide as that; for counted numbers, not for timestamps.
pub(crate) fn next(stem: &str) -> Option<String> {
    let digits = &stem[..stem.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(stem.len())];
    let number: u32 = digits.parse().ok().filter(|_| digits.len() < 6)?;
    Some(format!("{:0width$}", number + 1, width = digits.len()))
}

/// The name of a migration with another number in front, as wide as that of the first.
fn renumbered(draft: &Draft, first: &Draft, number: &str) -> String {
    let words = |name: &str| name.trim_start_matches(|c: char| c.is_ascii_digit()).to_owned();
    let width = first.stem.len() - words(&first.stem).len();
    format!("{number:0>width$}{}", words(&draft.up))
}

fn duplicates(listing: &Listing, drafts: &[Draft], findings: &mut Vec<Finding>) {
    let mut numbers: BTreeMap<&Number, &Draft> = BTreeMap::new();
    let mut names: BTreeMap<String, &Draft> = BTreeMap::new();
    let first_free = drafts.last().and_then(|last| next(&last.stem));
    let mut free = std::iter::successors(first_free, |number| next(number));
    for draft in drafts {
        let same_name = names.get(&draft.stem.to_lowercase()).copied();
        let same_number = draft.number.as_ref().and_then(|number| numbers.get(number).copied());
        let (id, what, help, first) = match (same_number, same_name) {
            (Some(first), _) => {
                let free = free.next().map(|number| renumbered(draft, first, &number));
                let help = match free {
                    Some(free) => format!("rename the one that is not released yet, say to `{free}`"),
                    None => "give the one that is not released yet a number of its own".to_owned(),
                };
                (ids::DUPLICATE_NUMBER, "have the same number", help, first)
            }
            (None, Some(first)) => {
                let help = "rename one of them, since some file systems cannot hold both".to_owned();
                (ids::DUPLICATE_NAME, "differ only in the case of their names", help, first)
            }
            (None, None) => {
                names.insert(draft.stem.to_lowercase(), draft);
                if let Some(number) = &draft.number {
                    numbers.insert(number, draft);
                }
                continue;
            }
        };
        let message = format!("`{}` and `{}` {what}", first.up, draft.up);
        findings.push(Finding::error(id, message, Subject::File(listing.shown(&draft.up))).help(help));
    }
}
