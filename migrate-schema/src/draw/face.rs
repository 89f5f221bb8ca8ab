//! A table or a view as a box.

use super::changes::{How, What};
use super::scene::{Face, Kind, Note, Row};
use super::text::{cut, escape, fit, number, width as text_width};

const HEAD: f64 = 31.0;
const ROW: f64 = 20.0;
const NOTE: f64 = 17.0;
const PAD: f64 = 5.0;
/// The sizes of the text, as `diagram.css` has them.
const TITLE_SIZE: f64 = 13.0;
const NAME_SIZE: f64 = 12.5;
const KIND_SIZE: f64 = 10.5;
const NOTE_SIZE: f64 = 10.5;
const BADGE: f64 = 21.0;
/// Where the text of an index or a trigger begins, and how wide it may make its box.
const NOTE_TEXT: f64 = 33.0;
const WIDEST_NOTE: f64 = 210.0;
/// More characters than these are left out.
const LONGEST_NAME: usize = 34;
const LONGEST_KIND: usize = 20;

/// How tall a box is.
pub(super) fn height(face: &Face) -> f64 {
    let notes = if face.notes.is_empty() { 0.0 } else { PAD + face.notes.len() as f64 * NOTE };
    HEAD + if face.rows.is_empty() { 0.0 } else { PAD } + face.rows.len() as f64 * ROW + PAD + notes
}

/// How wide its text needs it to be.
pub(super) fn width(face: &Face) -> f64 {
    let title =
        14.0 + bold(&cut(&face.name, LONGEST_NAME)) + if face.tag.is_empty() { 14.0 } else { 34.0 + tag_width(face) };
    let row = |row: &Row| {
        let kind = text_width(&cut(&row.kind, LONGEST_KIND), KIND_SIZE) * 1.05;
        names(face) + text_width(&cut(&row.name, LONGEST_NAME), NAME_SIZE) + 16.0 + kind + generated(row) + 28.0
    };
    // An index with a long name is no reason for a wide table.
    let note = |note: &Note| (NOTE_TEXT + text_width(&note.text, NOTE_SIZE) + 12.0).min(WIDEST_NOTE);
    let widths = face.rows.iter().map(row).chain(face.notes.iter().map(note));
    widths.fold(title.max(148.0), f64::max).ceil()
}

/// How far below the top of its box a line ends: at a row, or at the title.
pub(super) fn port(row: Option<usize>) -> f64 {
    match row {
        Some(row) => HEAD + PAD + row as f64 * ROW + ROW / 2.0,
        None => HEAD / 2.0,
    }
}

/// Where the names of columns begin: behind the badges of the row that has most.
fn names(face: &Face) -> f64 {
    let most = face.rows.iter().map(|row| badges(row).len()).max().unwrap_or(0);
    14.0 + most as f64 * BADGE + if most > 0 { 5.0 } else { 0.0 }
}

fn badges(row: &Row) -> Vec<(&'static str, &'static str)> {
    let badges = [(row.primary, ("pk", "PK")), (row.foreign, ("fk", "FK")), (row.unique, ("uq", "UQ"))];
    badges.into_iter().filter(|(is, _)| *is).map(|(_, badge)| badge).collect()
}

fn bold(text: &str) -> f64 {
    text_width(text, TITLE_SIZE) * 1.06
}

fn tag_width(face: &Face) -> f64 {
    text_width(&cut(&face.tag, LONGEST_KIND), 9.5) + 12.0
}

fn generated(row: &Row) -> f64 {
    if row.generated { 14.0 } else { 0.0 }
}

/// The class that shows what happened to something.
pub(super) fn class(mark: Option<How>) -> &'static str {
    match mark {
        None => "",
        Some(How::Added) => " added",
        Some(How::Changed) => " changed",
        Some(How::Renamed) => " changed renamed",
        Some(How::Removed) => " removed",
    }
}

/// What says it without colours.
pub(super) fn sign(how: How) -> &'static str {
    match how {
        How::Added => "+",
        How::Changed => "~",
        How::Renamed => "→",
        How::Removed => "−",
    }
}

/// What is drawn of a box, without the group around it, from its left upper corner.
pub(super) fn draw(face: &Face, width: f64) -> String {
    let height = height(face);
    let (w, h) = (number(width), number(height));
    let mut svg = format!("<rect class=\"box\" width=\"{w}\" height=\"{h}\" rx=\"8\"/>");
    let r = number(width - 8.0);
    svg.push_str(&format!("<path class=\"head\" d=\"M0 {HEAD}V8a8 8 0 0 1 8-8H{r}a8 8 0 0 1 8 8V{HEAD}z\"/>"));
    svg.push_str(&format!("<path class=\"rule\" d=\"M0 {HEAD}H{w}\"/>"));
    let name = cut(&face.name, LONGEST_NAME);
    svg.push_str(&format!("<text class=\"title\" x=\"14\" y=\"20\">{}</text>", escape(&name)));
    if !face.tag.is_empty() {
        let tag = tag_width(face);
        let (x, middle) = (number(width - tag - 10.0), number(width - 10.0 - tag / 2.0));
        let tag = number(tag);
        svg.push_str(&format!("<rect class=\"tag\" x=\"{x}\" y=\"8\" width=\"{tag}\" height=\"15\" rx=\"7.5\"/>"));
        let text = cut(&face.tag, LONGEST_KIND);
        svg.push_str(&format!("<text class=\"tag-text\" x=\"{middle}\" y=\"18.8\">{}</text>", escape(&text)));
    }
    let mut y = HEAD + PAD;
    for row in &face.rows {
        svg.push_str(&draw_row(row, y, width, names(face)));
        y += ROW;
    }
    y += PAD;
    if !face.notes.is_empty() {
        svg.push_str(&format!("<path class=\"rule thin\" d=\"M10 {y}H{}\"/>", number(width - 10.0)));
        y += PAD / 2.0;
    }
    for note in &face.notes {
        svg.push_str(&draw_note(note, y, width));
        y += NOTE;
    }
    svg
}

fn draw_row(row: &Row, y: f64, width: f64, names: f64) -> String {
    let (mark, base) = (class(row.mark), number(y + 14.3));
    let mut svg = format!("<g class=\"row{mark}\">");
    if !row.title.is_empty() {
        svg.push_str(&format!("<title>{}</title>", escape(&row.title)));
    }
    // It is drawn where nothing is marked as well: it is what a pointer finds.
    let (x, inner) = (number(3.0), number(width - 6.0));
    svg.push_str(&format!(
        "<rect class=\"band\" x=\"{x}\" y=\"{}\" width=\"{inner}\" height=\"{ROW}\" rx=\"4\"/>",
        number(y)
    ));
    if let Some(how) = row.mark {
        svg.push_str(&format!("<text class=\"sign\" x=\"8.5\" y=\"{base}\">{}</text>", sign(how)));
    }
    for (place, (class, text)) in badges(row).into_iter().enumerate() {
        let x = 14.0 + place as f64 * BADGE;
        let (left, middle) = (number(x), number(x + 9.5));
        let top = number(y + 3.5);
        svg.push_str(&format!(
            "<rect class=\"badge {class}\" x=\"{left}\" y=\"{top}\" width=\"19\" height=\"13\" rx=\"3\"/>"
        ));
        let base = number(y + 13.2);
        svg.push_str(&format!("<text class=\"badge-text {class}\" x=\"{middle}\" y=\"{base}\">{text}</text>"));
    }
    let name = cut(&row.name, LONGEST_NAME);
    svg.push_str(&format!("<text class=\"name\" x=\"{}\" y=\"{base}\">{}</text>", number(names), escape(&name)));
    let kind = cut(&row.kind, LONGEST_KIND);
    let sign = if row.generated { "<tspan class=\"generated\">ƒ</tspan>\u{a0}" } else { "" };
    let right = if row.not_null.is_some() { width - 24.0 } else { width - 12.0 };
    if !kind.is_empty() || row.generated {
        let right = number(right);
        svg.push_str(&format!("<text class=\"kind\" x=\"{right}\" y=\"{base}\">{sign}{}</text>", escape(&kind)));
    }
    if let Some(not_null) = row.not_null {
        let class = if not_null { "dot full" } else { "dot" };
        let (x, y) = (number(width - 14.0), number(y + ROW / 2.0));
        svg.push_str(&format!("<circle class=\"{class}\" cx=\"{x}\" cy=\"{y}\" r=\"3\"/>"));
    }
    svg.push_str("</g>");
    svg
}

fn draw_note(note: &Note, y: f64, width: f64) -> String {
    let (mark, base) = (class(note.mark), number(y + 12.2));
    let mut svg = format!("<g class=\"note{mark}\"><title>{} {}</title>", note.what.word(), escape(&note.text));
    let inner = number(width - 6.0);
    svg.push_str(&format!(
        "<rect class=\"band\" x=\"3\" y=\"{}\" width=\"{inner}\" height=\"{NOTE}\" rx=\"4\"/>",
        number(y)
    ));
    if let Some(how) = note.mark {
        svg.push_str(&format!("<text class=\"sign\" x=\"8.5\" y=\"{base}\">{}</text>", sign(how)));
    }
    // A list that is ordered, and a flash.
    let icon = match note.what {
        What::Index => "h9m-9 3h6m-6 3h3",
        _ => "m5-2-4 6h3l-1 4 5-6h-3l2-4z",
    };
    let top = number(y + 5.5);
    svg.push_str(&format!("<path class=\"icon\" d=\"M17 {top}{icon}\"/>"));
    let text = fit(&note.text, NOTE_SIZE, width - NOTE_TEXT - 12.0);
    svg.push_str(&format!("<text class=\"note-text\" x=\"{NOTE_TEXT}\" y=\"{base}\">{}</text></g>", escape(&text)));
    svg
}

/// The classes of a box.
pub(super) fn classes(face: &Face) -> String {
    let kind = match face.kind {
        Kind::Table => "table",
        Kind::Virtual => "table virtual",
        Kind::View => "view",
    };
    let touched = if face.touched && face.mark.is_none() { " changed" } else { "" };
    format!("face {kind}{}{touched}", class(face.mark))
}
