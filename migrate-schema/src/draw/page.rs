//! All versions on one page.

mod details;
mod parts;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::changes::Difference;
use super::layout::Layout;
use super::palette;
use super::scene::Scene;
use super::svg::{STYLE, label, legend};
use super::text::{escape, number};
use crate::schema::Schema;
use crate::timeline::{Timeline, Version};

const PAGE_STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// What is shown of a version.
struct Frame<'a> {
    changes: Vec<Difference>,
    before: &'a Schema,
    after: &'a Schema,
}

impl Frame<'_> {
    fn of(version: &Version) -> Frame<'_> {
        Frame { changes: version.changes(), before: &version.before, after: &version.schema }
    }
}

/// All versions as one HTML page that needs nothing else and reaches no network: the diagram, a slider over the
/// versions, what each migration added, changed, renamed and removed, and its SQL.
///
/// Every table has one place in all versions. Without JavaScript, and on paper, the page shows the latest version. What
/// comes from the database is text in it and nothing else, whatever it looks like. The same timeline always gives the
/// same bytes.
///
/// ```
/// use migrate_schema::{Timeline, html};
/// use migrate_source::{Listing, parse};
///
/// let (source, _) = parse(&Listing::from_files([("001_notes.sql", "CREATE TABLE notes(body TEXT);")]));
/// let page = html(&Timeline::of(&source).unwrap(), "notes & more");
/// assert!(page.contains("<title>notes &amp; more</title>"));
/// assert!(page.contains("<span class=\"k\">CREATE</span>"));
/// ```
#[must_use]
pub fn html(timeline: &Timeline, title: &str) -> String {
    let frames: Vec<Frame<'_>> = timeline.versions.iter().map(Frame::of).collect();
    let scenes: Vec<Scene> =
        frames.iter().map(|frame| Scene::between(frame.before, frame.after, &frame.changes)).collect();
    let layout = Layout::of(&scenes);
    let drawn = parts::draw(&frames, &scenes, &layout);

    // There is a version before the first migration if something was there, or if there is nothing else.
    let first = usize::from(
        timeline.versions.len() > 1
            && timeline.versions.first().is_some_and(|base| base.schema.is_empty() && base.sql.trim().is_empty()),
    );
    let latest = timeline.versions.len().saturating_sub(1);
    let style = [palette::variables().as_str(), STYLE, PAGE_STYLE].concat();
    let title = escape(title);
    let (w, h) = (number(layout.width), number(layout.height));
    let label = scenes.last().map_or_else(String::new, label);
    let (signs, signs_width) = legend();
    let signs_width = number(signs_width);
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '{}'; script-src '{}'; \
         base-uri 'none'; form-action 'none'\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{title}</title>\n<style>{style}</style>\n</head>\n<body>\n",
        hash(&style),
        hash(SCRIPT)
    );
    let (player, position) = (parts::player(timeline, &frames, first), parts::position(first, latest));
    page.push_str(&format!("<header class=\"top\">\n<h1>{title}</h1>\n{player}{position}</header>\n"));
    page.push_str(&parts::versions(timeline, &frames, first));
    page.push_str(&format!(
        "<main>\n<div class=\"stage\" id=\"stage\" tabindex=\"0\" aria-label=\"diagram\" role=\"region\">\n\
         <svg class=\"diagram\" id=\"diagram\" xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" \
         viewBox=\"0 0 {w} {h}\" role=\"group\" aria-label=\"{label}\">\n<g>\n{}</g>\n<g>\n{}</g>\n</svg>\n{}</div>\n\
         <div class=\"legend-bar\"><svg class=\"diagram\" width=\"{signs_width}\" height=\"14\" \
         viewBox=\"0 0 {signs_width} 14\" aria-hidden=\"true\">{signs}</svg>{}</div>\n</main>\n",
        drawn.lines,
        drawn.boxes,
        drawn.empty,
        parts::ZOOM
    ));
    page.push_str(&format!(
        "<aside aria-label=\"the migration\">\n<div id=\"panels\">\n{}</div>\n<div id=\"details\" class=\"off\">\n\
         <button type=\"button\" id=\"close\" title=\"Escape\">← the migration</button>\n{}</div>\n</aside>\n",
        parts::panels(timeline, &frames, &drawn, first),
        drawn.details
    ));
    page.push_str(&format!("<script>{SCRIPT}</script>\n</body>\n</html>\n"));
    page
}

/// A text as a content security policy names it.
fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(hmac_sha256::Hash::hash(text.as_bytes())))
}

#[cfg(test)]
mod tests;
