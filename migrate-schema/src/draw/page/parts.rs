//! The parts of the page.
//!
//! What is the same in several versions is there once: `data-v` says in which ones it is shown.

use std::collections::{BTreeMap, HashMap};

use super::Frame;
use super::details;
use crate::draw::changes::{Difference, How};
use crate::draw::layout::Layout;
use crate::draw::scene::Scene;
use crate::draw::text::{escape, number};
use crate::draw::{face, line, sql};
use crate::timeline::{Timeline, Version};

/// What is drawn of all versions.
pub(super) struct Drawn {
    pub(super) lines: String,
    pub(super) boxes: String,
    /// What stands where nothing is drawn.
    pub(super) empty: String,
    pub(super) details: String,
    /// The numbers of the boxes, by their keys.
    numbers: BTreeMap<String, usize>,
}

/// Pieces of HTML, each with the versions that show it.
#[derive(Default)]
struct Pieces {
    list: Vec<(String, Vec<usize>)>,
    known: HashMap<String, usize>,
}

impl Pieces {
    fn add(&mut self, version: usize, piece: String) -> usize {
        let next = self.list.len();
        let at = *self.known.entry(piece).or_insert_with_key(|piece| {
            self.list.push((piece.clone(), Vec::new()));
            next
        });
        if self.list[at].1.last() != Some(&version) {
            self.list[at].1.push(version);
        }
        at
    }

    /// All of them; in each, `{v}` becomes the class and the attribute that say when it is shown.
    fn finish(self, latest: usize) -> String {
        let with = |(piece, versions): (String, Vec<usize>)| {
            let (class, ranges) = when(&versions, latest);
            // The first one is ours: it stands before everything that comes from the database.
            piece.replacen("{c}", class, 1).replacen("{v}", &format!("data-v=\"{ranges}\""), 1) + "\n"
        };
        self.list.into_iter().map(with).collect()
    }
}

/// The class of something that some versions show, and which these are: `0-3 5`.
fn when(versions: &[usize], latest: usize) -> (&'static str, String) {
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for &version in versions {
        match ranges.last_mut() {
            Some((_, end)) if *end + 1 == version => *end = version,
            _ => ranges.push((version, version)),
        }
    }
    let range = |(from, to): &(usize, usize)| if from == to { format!("{from}") } else { format!("{from}-{to}") };
    let class = if versions.contains(&latest) { "latest" } else { "off" };
    (class, ranges.iter().map(range).collect::<Vec<_>>().join(" "))
}

pub(super) fn draw(frames: &[Frame<'_>], scenes: &[Scene], layout: &Layout) -> Drawn {
    let latest = scenes.len().saturating_sub(1);
    let keys = scenes.iter().flat_map(|scene| scene.faces.iter().map(|face| face.key.clone()));
    let mut numbers: BTreeMap<String, usize> = keys.map(|key| (key, 0)).collect();
    numbers.values_mut().enumerate().for_each(|(at, number)| *number = at);
    let (mut lines, mut boxes, mut details) = (Pieces::default(), Pieces::default(), Pieces::default());
    let mut empty = Vec::new();
    for (version, (scene, frame)) in scenes.iter().zip(frames).enumerate() {
        for link in &scene.links {
            let (a, b) = (numbers[&link.child], numbers[&link.parent]);
            let (classes, inner) = (line::classes(link), line::draw(link, layout));
            lines.add(version, format!("<g class=\"{classes} {{c}}\" {{v}} data-a=\"{a}\" data-b=\"{b}\">{inner}</g>"));
        }
        for face in &scene.faces {
            let schema = if face.mark == Some(How::Removed) { frame.before } else { frame.after };
            let detail = details.add(version, details::of(schema, face));
            let place = layout.place(&face.key);
            boxes.add(
                version,
                format!(
                    "<g class=\"{} {{c}}\" {{v}} data-k=\"{}\" data-d=\"{detail}\" transform=\"translate({} {})\" \
                     tabindex=\"0\" role=\"button\" aria-label=\"{}\">{}</g>",
                    face::classes(face),
                    numbers[&face.key],
                    number(place.x),
                    number(place.y),
                    escape(&details::name(face)),
                    face::draw(face, place.width)
                ),
            );
        }
        if scene.faces.is_empty() {
            empty.push(version);
        }
    }
    let mut said = Pieces::default();
    for version in empty {
        said.add(version, "<p class=\"empty {c}\" {v}>no tables</p>".to_owned());
    }
    let details: String = details
        .list
        .into_iter()
        .enumerate()
        .map(|(at, (piece, _))| piece.replacen("{d}", &at.to_string(), 1))
        .collect();
    // What is new lies above what was there.
    lines.list.sort_by_key(|(piece, _)| {
        let classes = piece.split('"').nth(1).unwrap_or_default();
        ["removed", "changed", "added"].iter().position(|class| classes.contains(class))
    });
    Drawn { lines: lines.finish(latest), boxes: boxes.finish(latest), empty: said.finish(latest), details, numbers }
}

/// What a version is called.
fn name(version: &Version) -> &str {
    match &version.name {
        Some(name) => name,
        None if version.sql.trim().is_empty() => "before the first migration",
        None => "base.sql",
    }
}

/// A file's name with its ending set back.
fn file(name: &str) -> String {
    match name.strip_suffix(".sql") {
        Some(stem) => format!("{}<span class=\"ending\">.sql</span>", escape(stem)),
        None => escape(name).into_owned(),
    }
}

pub(super) fn position(first: usize, latest: usize) -> String {
    let (at, count) = (latest + 1 - first.min(latest + 1), latest + 1 - first.min(latest + 1));
    format!("<p class=\"position\" aria-live=\"polite\">version <b id=\"at\">{at}</b> of {count}</p>")
}

/// How many things a migration added, changed, renamed and removed.
fn counts(changes: &[Difference]) -> [(How, usize); 4] {
    [How::Added, How::Changed, How::Renamed, How::Removed]
        .map(|how| (how, changes.iter().filter(|change| change.how == how).count()))
}

/// The list of versions, newest last.
pub(super) fn versions(timeline: &Timeline, frames: &[Frame<'_>], first: usize) -> String {
    let latest = timeline.versions.len().saturating_sub(1);
    let mut html = String::from("<nav aria-label=\"versions\"><ol id=\"versions\">\n");
    for (at, (version, frame)) in timeline.versions.iter().zip(frames).enumerate().skip(first) {
        let current = if at == latest { " aria-current=\"true\"" } else { "" };
        let mut sums = String::new();
        for (how, count) in counts(&frame.changes).into_iter().filter(|(_, count)| *count > 0) {
            sums.push_str(&format!("<span class=\"sum{}\">{}{count}</span>", face::class(Some(how)), face::sign(how)));
        }
        let name = name(version);
        html.push_str(&format!(
            "<li><a href=\"#v={at}\" data-at=\"{at}\"{current}><span class=\"file\">{}</span><span class=\"sums\">{sums}\
             </span></a></li>\n",
            escape(name.strip_suffix(".sql").unwrap_or(name)),
        ));
    }
    html + "</ol></nav>\n"
}

pub(super) const ZOOM: &str = "<div class=\"zoom live\" role=\"group\" aria-label=\"zoom\">\
     <button type=\"button\" id=\"out\" aria-label=\"smaller\" title=\"smaller: −\">−</button>\
     <button type=\"button\" id=\"fit\" title=\"everything: 0\">fit</button>\
     <button type=\"button\" id=\"in\" aria-label=\"larger\" title=\"larger: +\">+</button></div>";

/// The slider with its buttons, and a bar for what each version did.
pub(super) fn player(timeline: &Timeline, frames: &[Frame<'_>], first: usize) -> String {
    let latest = timeline.versions.len().saturating_sub(1);
    let text = timeline.versions.last().map_or(String::new(), |version| escape(name(version)).into_owned());
    let steps = (latest - first.min(latest)).max(1);
    let mut bars = String::new();
    for (at, frame) in frames.iter().enumerate().skip(first) {
        let counts = counts(&frame.changes);
        let all: usize = counts.iter().map(|(_, count)| count).sum();
        // Many changes are more than few, but not so much more that few are nothing.
        let tall = if all == 0 { 0.0 } else { (4.0 + 4.0 * (all as f64).ln()).min(16.0) };
        let wide = (600.0 / steps as f64 * 0.5).clamp(1.5, 7.0);
        let x = (at - first) as f64 / steps as f64 * 600.0;
        let mut y = 16.0;
        for (how, count) in counts {
            let height = tall * count as f64 / all.max(1) as f64;
            y -= height;
            if count > 0 {
                let (x, wide, y, height) = (number(x - wide / 2.0), number(wide), number(y), number(height));
                let class = face::class(Some(how)).trim_start();
                bars.push_str(&format!(
                    "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{wide}\" height=\"{height}\"/>"
                ));
            }
        }
    }
    format!(
        "<div class=\"player live\">\
         <button type=\"button\" id=\"previous\" aria-label=\"previous version\" title=\"previous: ←\">‹</button>\
         <div class=\"track\"><svg viewBox=\"0 0 600 16\" preserveAspectRatio=\"none\" aria-hidden=\"true\">{bars}</svg>\
         <input type=\"range\" id=\"slider\" min=\"{first}\" max=\"{latest}\" value=\"{latest}\" step=\"1\" \
         aria-label=\"version\" aria-valuetext=\"{text}\"></div>\
         <button type=\"button\" id=\"next\" aria-label=\"next version\" title=\"next: →\">›</button></div>\n"
    )
}

/// What each migration did, and its SQL.
pub(super) fn panels(timeline: &Timeline, frames: &[Frame<'_>], drawn: &Drawn, first: usize) -> String {
    let latest = timeline.versions.len().saturating_sub(1);
    let mut html = String::new();
    for (at, (version, frame)) in timeline.versions.iter().zip(frames).enumerate().skip(first) {
        let (class, when) = when(&[at], latest);
        html.push_str(&format!(
            "<section class=\"panel {class}\" data-v=\"{when}\">\n<h2>{}</h2>\n",
            file(name(version))
        ));
        if frame.changes.is_empty() {
            html.push_str("<p class=\"none\">the schema stays as it was</p>\n");
        } else {
            html.push_str("<ul class=\"changes\">\n");
            html.extend(frame.changes.iter().map(|change| item(change, drawn)));
            html.push_str("</ul>\n");
        }
        if !version.sql.trim().is_empty() {
            html.push_str(&format!("<pre class=\"sql\"><code>{}</code></pre>\n", sql::highlight(&version.sql)));
        }
        html.push_str("</section>\n");
    }
    html
}

fn item(change: &Difference, drawn: &Drawn) -> String {
    let Difference { how, what, of, name, note } = change;
    let number = drawn.numbers.get(&of.as_ref().unwrap_or(name).to_ascii_lowercase()).copied().unwrap_or_default();
    let of = of.as_ref().map_or(String::new(), |of| format!("<span class=\"of\">{}.</span>", escape(of)));
    let note = if note.is_empty() { String::new() } else { format!(" <span class=\"note\">{}</span>", escape(note)) };
    format!(
        "<li><button type=\"button\" class=\"change{}\" data-k=\"{number}\"><span class=\"mark\" aria-label=\"{}\">{}</span>\
         <span class=\"what\">{}</span> <span class=\"it\">{of}<b>{}</b>{note}</span></button></li>\n",
        face::class(Some(*how)),
        face::class(Some(*how)).rsplit(' ').next().unwrap_or_default(),
        face::sign(*how),
        what.word(),
        escape(name)
    )
}
