//! Boxes that are joined by lines, in columns.

use std::collections::{BTreeMap, BTreeSet};

use rust_sugiyama::configure::{Config, RankingType};
use rust_sugiyama::from_vertices_and_edges;

use super::order::{centre, order};
use super::settle::settle;

/// A line between two boxes, which are numbers.
#[derive(Clone, Debug)]
pub(super) struct Edge {
    pub(super) parent: usize,
    pub(super) child: usize,
    /// The parent's column. Lines to the same one share their lanes.
    pub(super) port: String,
    /// How far below the top of each box it ends: of the parent, of the child.
    pub(super) offsets: (f64, f64),
}

/// The columns of a group.
#[derive(Debug, PartialEq)]
pub(super) struct Columns {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) boxes: Vec<Node>,
    /// The left and the right side of each column.
    pub(super) extents: Vec<(f64, f64)>,
    /// By parent, port, and whether the child is to the right: the height of the lane in every column that is passed.
    pub(super) lanes: BTreeMap<Bundle, BTreeMap<usize, f64>>,
}

type Bundle = (usize, String, bool);

/// A box's place.
#[derive(Debug, PartialEq)]
pub(super) struct Node {
    pub(super) id: usize,
    pub(super) column: usize,
    pub(super) y: f64,
}

/// What stands in a column: a box, or a lane.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Item {
    pub(super) column: usize,
    /// 0 for a lane.
    pub(super) height: f64,
    pub(super) y: f64,
}

/// A piece of a line between neighbouring columns, which wants to be level.
pub(super) struct Piece {
    pub(super) left: (usize, f64),
    pub(super) right: (usize, f64),
    pub(super) weight: f64,
}

/// The space between two columns, and between two boxes of one.
const BETWEEN: f64 = 58.0;
pub(super) const BELOW: f64 = 22.0;
/// How much wider than tall the page should be.
pub(super) const ASPECT: f64 = 1.1;

impl Columns {
    /// Lays out the boxes of a part of the graph; `sizes` and `edges` are those of all.
    pub(super) fn of(part: &[usize], sizes: &[(f64, f64)], edges: &[Edge]) -> Columns {
        let local: BTreeMap<usize, usize> = part.iter().enumerate().map(|(at, id)| (*id, at)).collect();
        let edges: Vec<Edge> = edges
            .iter()
            .filter(|edge| local.contains_key(&edge.parent))
            .map(|edge| Edge { parent: local[&edge.parent], child: local[&edge.child], ..edge.clone() })
            .collect();
        let sizes: Vec<(f64, f64)> = part.iter().map(|id| sizes[*id]).collect();

        let pairs: BTreeSet<(usize, usize)> = edges.iter().map(|edge| (edge.parent, edge.child)).collect();
        let columns = split(&ask(sizes.len(), &pairs), &sizes, &pairs);

        let mut items: Vec<Item> =
            columns.iter().zip(&sizes).map(|(column, size)| Item { column: *column, height: size.1, y: 0.0 }).collect();
        let (bundles, pieces) = lanes(&edges, &mut items);
        let mut order = order(&items, &pieces);
        centre(&mut order, &items, &pieces);
        settle(&mut items, &order, &pieces);

        let top = items.iter().map(|item| item.y).fold(f64::INFINITY, f64::min);
        let mut extents = Vec::new();
        let mut x = 0.0;
        for (column, _) in order.iter().enumerate() {
            let boxes = columns.iter().zip(&sizes).filter(|(at, _)| **at == column);
            let width = boxes.map(|(_, size)| size.0).fold(0.0, f64::max);
            extents.push((x, x + width));
            x += width + BETWEEN;
        }
        let place =
            |(at, id): (usize, &usize)| Node { id: *id, column: items[at].column, y: (items[at].y - top).round() };
        let boxes: Vec<Node> = part.iter().enumerate().map(place).collect();
        let lanes = bundles
            .into_iter()
            .map(|((parent, port, right), lanes)| {
                let lanes = lanes.into_iter().map(|(column, item)| (column, (items[item].y - top).round())).collect();
                ((part[parent], port, right), lanes)
            })
            .collect();
        let height = items.iter().map(|item| item.y + item.height - top).fold(0.0, f64::max).ceil();
        Columns { width: x - BETWEEN, height, boxes, extents, lanes }
    }
}

/// The column of every vertex: as far to the left as its parents allow, as the library says, and those without parents next
/// to their children. The library would also look for the shortest lines, but then does not always come to an end.
fn ask(count: usize, edges: &BTreeSet<(usize, usize)>) -> Vec<usize> {
    let mut columns = positions(count, edges).0;
    let neighbours =
        |of: usize| edges.iter().filter(move |edge| edge.0 == of || edge.1 == of).map(move |edge| edge.0 + edge.1 - of);
    for at in 0..count {
        let nearest = neighbours(at).map(|other| columns[other]).min();
        if let Some(nearest) = nearest.filter(|nearest| *nearest > columns[at]) {
            columns[at] = nearest - 1;
        }
    }
    columns
}

/// The library's layout, which runs from the top to the bottom: the row of every vertex, and how far to the right it is.
pub(super) fn positions(count: usize, edges: &BTreeSet<(usize, usize)>) -> (Vec<usize>, Vec<f64>) {
    let vertices: Vec<(u32, (f64, f64))> = (0..count as u32).map(|id| (id, (10.0, 10.0))).collect();
    let edges: Vec<(u32, u32)> = edges.iter().map(|(from, to)| (*from as u32, *to as u32)).collect();
    let config = Config { ranking_type: RankingType::Up, ..Config::default() };
    let mut positions = vec![(0.0, 0.0); count];
    for (layout, _, _) in from_vertices_and_edges(&vertices, &edges, &config) {
        for (id, position) in layout {
            positions[id] = position;
        }
    }
    let heights: BTreeSet<i64> = positions.iter().map(|position| position.1.round() as i64).collect();
    let row = |y: f64| heights.range(..y.round() as i64).count();
    (positions.iter().map(|position| row(position.1)).collect(), positions.iter().map(|position| position.0).collect())
}

/// Makes several columns of one that is too tall, as of many children of one parent: so that everything is as large as it
/// can be on a page.
fn split(columns: &[usize], sizes: &[(f64, f64)], edges: &BTreeSet<(usize, usize)>) -> Vec<usize> {
    let page = |columns: &[usize]| {
        let mut extents: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
        for (column, size) in columns.iter().zip(sizes) {
            let extent = extents.entry(*column).or_default();
            *extent = (extent.0.max(size.0 + BETWEEN), extent.1 + size.1 + BELOW);
        }
        let wide: f64 = extents.values().map(|extent| extent.0).sum();
        let tall = extents.values().map(|extent| extent.1).fold(0.0, f64::max);
        wide.max(tall * ASPECT)
    };
    let mut best = columns.to_vec();
    for most in (1..40).map(|step| f64::from(step) * 150.0) {
        let tried = split_at(most, columns, sizes, edges);
        // Columns that need not be split stay whole.
        if page(&tried) < page(&best) * 0.97 {
            best = tried;
        }
    }
    best
}

/// Makes several columns of every one that is taller than so much.
fn split_at(most: f64, columns: &[usize], sizes: &[(f64, f64)], edges: &BTreeSet<(usize, usize)>) -> Vec<usize> {
    // What has children of its own stands last, next to them.
    let has_children: BTreeSet<usize> =
        edges.iter().map(|&(a, b)| if columns[a] < columns[b] { a } else { b }).collect();
    let mut split = vec![0; columns.len()];
    let mut offset = 0;
    for column in 0..=columns.iter().copied().max().unwrap_or(0) {
        let mut boxes: Vec<usize> = (0..columns.len()).filter(|at| columns[*at] == column).collect();
        boxes.sort_by_key(|at| has_children.contains(at));
        let height: f64 = boxes.iter().map(|at| sizes[*at].1 + BELOW).sum();
        let parts = (height / most).ceil().max(1.0);
        let mut above = 0.0;
        for at in boxes {
            let part = ((above + sizes[at].1 / 2.0) * parts / height).floor().min(parts - 1.0);
            split[at] = offset + part as usize;
            above += sizes[at].1 + BELOW;
        }
        offset += parts as usize;
    }
    // A part may have stayed empty.
    let used: BTreeSet<usize> = split.iter().copied().collect();
    split.iter().map(|column| used.range(..*column).count()).collect()
}

type Lanes = BTreeMap<Bundle, BTreeMap<usize, usize>>;

/// Gives every line that passes a column an item there, and cuts the lines into pieces.
fn lanes(edges: &[Edge], items: &mut Vec<Item>) -> (Lanes, Vec<Piece>) {
    let (mut bundles, mut pieces) = (Lanes::new(), BTreeMap::new());
    for edge in edges {
        let (parent, child) = (items[edge.parent].column, items[edge.child].column);
        if parent == child {
            continue;
        }
        let right = parent < child;
        let lanes = bundles.entry((edge.parent, edge.port.clone(), right)).or_default();
        let columns: Vec<usize> =
            if right { (parent + 1..child).collect() } else { (child + 1..parent).rev().collect() };
        let mut last = (edge.parent, edge.offsets.0);
        for column in columns {
            let item = *lanes.entry(column).or_insert_with(|| {
                items.push(Item { column, height: 0.0, y: 0.0 });
                items.len() - 1
            });
            piece(&mut pieces, last, (item, 0.0), right, items);
            last = (item, 0.0);
        }
        piece(&mut pieces, last, (edge.child, edge.offsets.1), right, items);
    }
    (bundles, pieces.into_values().collect())
}

fn piece(
    pieces: &mut BTreeMap<(usize, usize, bool), Piece>,
    near: (usize, f64),
    far: (usize, f64),
    right: bool,
    items: &[Item],
) {
    let is_lane = |(at, _): (usize, f64)| items[at].height == 0.0;
    let weight = match (is_lane(near), is_lane(far)) {
        (true, true) => 8.0,
        (false, false) => 1.0,
        _ => 2.0,
    };
    let (left, right) = if right { (near, far) } else { (far, near) };
    // Between two boxes there may be several lines.
    let again = pieces.contains_key(&(left.0, right.0, false));
    pieces.entry((left.0, right.0, again)).or_insert(Piece { left, right, weight });
}
