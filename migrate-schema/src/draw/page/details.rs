//! What there is to know of a table or a view.

use crate::draw::scene::{Face, Kind};
use crate::draw::sql;
use crate::draw::text::escape;
use crate::schema::Schema;

/// What a box is called: `view recent`, `table notes, removed`.
pub(super) fn name(face: &Face) -> String {
    let kind = if face.kind == Kind::View { "view" } else { "table" };
    let mark = super::super::face::class(face.mark).trim_start();
    let comma = if mark.is_empty() { "" } else { ", " };
    format!("{kind} {}{comma}{mark}", face.name)
}

/// The `CREATE` statements of a box; `{d}` stands for its number.
pub(super) fn of(schema: &Schema, face: &Face) -> String {
    let is_it = |name: &str| name.eq_ignore_ascii_case(&face.key);
    let tag = if face.tag.is_empty() { "table" } else { &face.tag };
    let mut html = format!(
        "<section class=\"detail off\" id=\"d{{d}}\">\n<h2>{} <span class=\"kind\">{}</span></h2>\n",
        escape(&face.name),
        escape(tag)
    );
    let mut show = |heading: &str, statements: Vec<&str>| {
        if !statements.is_empty() {
            if !heading.is_empty() {
                html.push_str(&format!("<h3>{heading}</h3>\n"));
            }
            for statement in statements {
                html.push_str(&format!("<pre class=\"sql\"><code>{}</code></pre>\n", sql::highlight(statement)));
            }
        }
    };
    let table = schema.table(&face.name).filter(|_| face.kind != Kind::View);
    let view = schema.views.iter().find(|view| face.kind == Kind::View && is_it(&view.name));
    let own = table.map(|table| table.sql.as_str()).or(view.map(|view| view.sql.as_str()));
    show("", own.into_iter().collect());
    show("indexes", table.map_or(vec![], |table| table.indexes.iter().map(|index| index.sql.as_str()).collect()));
    let triggers = schema.triggers.iter().filter(|trigger| is_it(&trigger.table));
    show("triggers", triggers.map(|trigger| trigger.sql.as_str()).collect());
    html + "</section>\n"
}
