//! Where everything stands: one place for each table, whatever the version.
//!
//! Tables that refer to each other are drawn in columns, parents to the left of their children. `rust-sugiyama` says
//! which column, and in which order from the top, so that few lines cross. Where a line passes a column it gets a lane
//! there, between the boxes. Everything else is packed around.

mod columns;
mod order;
mod pack;
mod settle;

use std::collections::{BTreeMap, BTreeSet};

use columns::{Columns, Edge};

use super::face;
use super::scene::Scene;

/// Where the boxes stand, and where the lines go.
pub(super) struct Layout {
    pub(super) width: f64,
    pub(super) height: f64,
    places: BTreeMap<String, Place>,
    groups: Vec<Group>,
}

/// Where a box stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Place {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    group: usize,
    column: usize,
}

/// Boxes that are joined by lines.
struct Group {
    x: f64,
    y: f64,
    columns: Columns,
}

/// A line's way from the child to the parent.
pub(super) struct Route {
    /// Its ends: the side of each box, and where from there.
    pub(super) child: (f64, f64),
    pub(super) parent: (f64, f64),
    /// Whether it leaves each box to the right.
    pub(super) rightwards: (bool, bool),
    /// What it passes, two points for every column between.
    pub(super) between: Vec<(f64, f64)>,
}

/// The space around everything.
const MARGIN: f64 = 20.0;

impl Layout {
    /// One layout for all of some scenes: each box is as large as it ever gets.
    pub(super) fn of(scenes: &[Scene]) -> Layout {
        let mut sizes: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
        for face in scenes.iter().flat_map(|scene| &scene.faces) {
            let size = sizes.entry(&face.key).or_default();
            *size = (size.0.max(face::width(face)), size.1.max(face::height(face)));
        }
        let index: BTreeMap<&str, usize> = sizes.keys().enumerate().map(|(at, key)| (*key, at)).collect();
        let sizes: Vec<(f64, f64)> = sizes.into_values().collect();
        let mut edges: BTreeMap<(usize, usize, &str), Edge> = BTreeMap::new();
        // The newest scene says where in its box a line begins.
        for scene in scenes {
            for link in &scene.links {
                let (child, parent) = (index[link.child.as_str()], index[link.parent.as_str()]);
                if child != parent {
                    let offsets = (face::port(link.ends.1), face::port(link.ends.0));
                    edges.insert((parent, child, &link.port), Edge { parent, child, port: link.port.clone(), offsets });
                }
            }
        }
        let edges: Vec<Edge> = edges.into_values().collect();

        let mut layout = Layout { width: 0.0, height: 0.0, places: BTreeMap::new(), groups: Vec::new() };
        let parts = parts(sizes.len(), &edges);
        let keys: Vec<&str> = index.into_keys().collect();
        let mut rectangles = Vec::new();
        for part in &parts {
            let columns = Columns::of(part, &sizes, &edges);
            rectangles.push((columns.width, columns.height));
            layout.groups.push(Group { x: 0.0, y: 0.0, columns });
        }
        for (group, &(x, y)) in pack::pack(&rectangles).iter().enumerate() {
            let it = &mut layout.groups[group];
            (it.x, it.y) = (x + MARGIN, y + MARGIN);
            layout.width = layout.width.max(it.x + it.columns.width + MARGIN);
            layout.height = layout.height.max(it.y + it.columns.height + MARGIN);
            for node in &it.columns.boxes {
                let (from, to) = it.columns.extents[node.column];
                let place = Place { x: it.x + from, y: it.y + node.y, width: to - from, group, column: node.column };
                layout.places.insert(keys[node.id].to_owned(), place);
            }
        }
        layout.width = layout.width.max(2.0 * MARGIN);
        layout.height = layout.height.max(2.0 * MARGIN);
        layout
    }

    /// Where a box stands.
    pub(super) fn place(&self, key: &str) -> Place {
        self.places[key]
    }

    /// The way from a child to its parent, from a height in the one to a height in the other.
    pub(super) fn route(&self, (child, from): (&str, f64), (parent, to): (&str, f64), port: &str) -> Route {
        let (a, b) = (self.place(child), self.place(parent));
        let (from, to) = (a.y + from, b.y + to);
        let sides = |place: Place| (place.x, place.x + place.width);
        if a.column == b.column {
            // A table that refers to itself.
            let route = Route {
                child: (sides(a).1, from),
                parent: (sides(b).1, to),
                rightwards: (true, true),
                between: vec![],
            };
            return route;
        }
        let group = &self.groups[a.group];
        let leftwards = b.column < a.column;
        let key = (self.places.keys().position(|key| key == parent).unwrap_or_default(), port.to_owned(), leftwards);
        let mut between = Vec::new();
        if let Some(lanes) = group.columns.lanes.get(&key) {
            let columns = a.column.min(b.column) + 1..a.column.max(b.column);
            for (column, y) in lanes.range(columns) {
                let (left, right) = group.columns.extents[*column];
                between.extend([(group.x + left, group.y + y), (group.x + right, group.y + y)]);
            }
        }
        if leftwards {
            between.reverse();
        }
        let (child, parent) = match leftwards {
            true => (sides(a).0, sides(b).1),
            false => (sides(a).1, sides(b).0),
        };
        Route { child: (child, from), parent: (parent, to), rightwards: (!leftwards, leftwards), between }
    }
}

/// The boxes, in parts that no line joins; the largest first, and within a size by name.
fn parts(count: usize, edges: &[Edge]) -> Vec<Vec<usize>> {
    let mut neighbours = vec![BTreeSet::new(); count];
    for edge in edges {
        neighbours[edge.parent].insert(edge.child);
        neighbours[edge.child].insert(edge.parent);
    }
    let mut parts = Vec::new();
    let mut seen = vec![false; count];
    for start in 0..count {
        let mut part = Vec::new();
        let mut next = vec![start];
        while let Some(node) = next.pop() {
            if !std::mem::replace(&mut seen[node], true) {
                part.push(node);
                next.extend(&neighbours[node]);
            }
        }
        if !part.is_empty() {
            part.sort_unstable();
            parts.push(part);
        }
    }
    parts.sort_by_key(|part| std::cmp::Reverse(part.len()));
    parts
}

#[cfg(test)]
mod tests;
