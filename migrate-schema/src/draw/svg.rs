//! A schema as a picture.

use super::face;
use super::layout::Layout;
use super::line;
use super::palette;
use super::scene::Scene;
use super::text::{escape, number, width};
use crate::schema::Schema;

/// The style of what is drawn, in the picture and on the page.
pub(super) const STYLE: &str = include_str!("diagram.css");

/// A schema as an SVG picture that needs nothing else: tables as boxes, foreign keys as lines between the columns, with
/// a crow's foot where there may be many; views in another style, joined by dotted lines to what they read.
///
/// It is dark where the reader's system is. The same schema always gives the same bytes.
///
/// ```
/// use migrate_core::rusqlite::Connection;
/// use migrate_schema::{Schema, svg};
///
/// let conn = Connection::open_in_memory()?;
/// conn.execute_batch("CREATE TABLE notes(id INTEGER PRIMARY KEY, body TEXT)")?;
/// let picture = svg(&Schema::read(&conn, "schema_migrations")?);
/// assert!(picture.starts_with("<svg ") && picture.contains(">notes</text>"));
/// # Ok::<(), migrate_core::rusqlite::Error>(())
/// ```
#[must_use]
pub fn svg(schema: &Schema) -> String {
    let scenes = [Scene::of(schema)];
    let layout = Layout::of(&scenes);
    let [scene] = &scenes;
    let (legend, legend_width) = legend();
    let (width, height) = (layout.width.max(legend_width + 48.0), layout.height + 28.0);
    let (w, h) = (number(width), number(height));
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"diagram\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" \
         role=\"img\" aria-label=\"{}\">\n<style>\n{}</style>\n",
        label(scene),
        palette::fixed(&format!(".page {{ fill: var(--page); }}\n{STYLE}"))
    );
    svg.push_str(&format!("<rect class=\"page\" width=\"{w}\" height=\"{h}\"/>\n"));
    for link in &scene.links {
        svg.push_str(&format!("<g class=\"{}\">{}</g>\n", line::classes(link), line::draw(link, &layout)));
    }
    for face in &scene.faces {
        let place = layout.place(&face.key);
        let (x, y) = (number(place.x), number(place.y));
        let inner = face::draw(face, place.width);
        svg.push_str(&format!("<g class=\"{}\" transform=\"translate({x} {y})\">{inner}</g>\n", face::classes(face)));
    }
    svg.push_str(&format!("<g transform=\"translate(24 {})\">{legend}</g>\n</svg>\n", number(height - 26.0)));
    svg
}

/// What is on the picture, for who does not see it.
pub(super) fn label(scene: &Scene) -> String {
    let names: Vec<&str> = scene.faces.iter().map(|face| face.name.as_str()).collect();
    format!("schema: {}", if names.is_empty() { "nothing".into() } else { escape(&names.join(", ")).into_owned() })
}

/// What the signs mean, and how wide that is.
pub(super) fn legend() -> (String, f64) {
    let mut svg = String::from("<g class=\"legend\">");
    let mut x = 0.0;
    for (class, sign, words) in [
        ("pk", "PK", "primary key"),
        ("fk", "FK", "foreign key"),
        ("uq", "UQ", "unique"),
        ("dot full", "", "NOT NULL"),
        ("dot", "", "may be NULL"),
        ("generated", "ƒ", "generated"),
    ] {
        let at = number(x);
        let room = match sign {
            "" => {
                svg.push_str(&format!("<circle class=\"{class}\" cx=\"{}\" cy=\"6.5\" r=\"3\"/>", number(x + 3.0)));
                11.0
            }
            "ƒ" => {
                svg.push_str(&format!("<text x=\"{at}\" y=\"10\"><tspan class=\"generated\">{sign}</tspan></text>"));
                11.0
            }
            _ => {
                svg.push_str(&format!(
                    "<rect class=\"badge {class}\" x=\"{at}\" y=\"0\" width=\"19\" height=\"13\" rx=\"3\"/>"
                ));
                let middle = number(x + 9.5);
                svg.push_str(&format!("<text class=\"badge-text {class}\" x=\"{middle}\" y=\"9.7\">{sign}</text>"));
                24.0
            }
        };
        svg.push_str(&format!("<text x=\"{}\" y=\"10\">{words}</text>", number(x + room)));
        x += room + width(words, 10.5) + 12.0;
    }
    svg.push_str("</g>");
    (svg, x)
}

#[cfg(test)]
mod tests;
