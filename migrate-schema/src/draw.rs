//! Schemas as pictures.
//!
//! `changes` says what differs, `scene` makes boxes and lines of it, `layout` places them once for all versions, `face`
//! and `line` draw them; `svg` is one version of this, `page` all.

mod changes;
mod mermaid;
mod page;
mod svg;

mod face;
mod layout;
mod line;
mod palette;
mod scene;
mod sql;
mod text;

pub(crate) use changes::changes_and_renames;
pub use changes::{Difference, How, What, changes};
pub use mermaid::mermaid;
pub use page::html;
pub use svg::svg;
