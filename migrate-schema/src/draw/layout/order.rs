//! Which box or lane of a column stands above which.

use std::collections::{BTreeMap, BTreeSet};

use super::columns::{Item, Piece, positions};

/// The items of every column from the top to the bottom, as the library orders them: so that few pieces cross.
pub(super) fn order(items: &[Item], pieces: &[Piece]) -> Vec<Vec<usize>> {
    let mut edges: BTreeSet<(usize, usize)> = pieces.iter().map(|piece| (piece.left.0, piece.right.0)).collect();
    let count = items.iter().map(|item| item.column + 1).max().unwrap_or(0);
    // What nothing leads to would come to stand in the first column; a spine of its own holds it in its place.
    let held: BTreeSet<usize> = edges.iter().map(|edge| edge.1).collect();
    let spine = |column: usize| items.len() + column;
    edges.extend((1..count).map(|column| (spine(column - 1), spine(column))));
    let free = (0..items.len()).filter(|at| items[*at].column > 0 && !held.contains(at));
    edges.extend(free.map(|at| (spine(items[at].column - 1), at)));
    let (columns, places) = positions(items.len() + count, &edges);
    debug_assert!(items.iter().zip(&columns).all(|(item, column)| item.column == *column));
    let mut order = vec![Vec::new(); count];
    for (at, item) in items.iter().enumerate() {
        order[item.column].push(at);
    }
    for column in &mut order {
        column.sort_by(|a, b| places[*a].total_cmp(&places[*b]).then(a.cmp(b)));
    }
    order
}

/// Moves lanes to the middle of their columns where nothing is crossed by it: at the edge of one column and the other edge
/// of the next one, they would draw these apart.
pub(super) fn centre(order: &mut [Vec<usize>], items: &[Item], pieces: &[Piece]) {
    for at in 0..order.len() {
        let lanes: Vec<usize> = order[at].iter().copied().filter(|item| items[*item].height == 0.0).collect();
        let boxes: Vec<f64> = order[at].iter().map(|item| items[*item].height).filter(|height| *height > 0.0).collect();
        let all: f64 = boxes.iter().sum();
        for lane in lanes.into_iter().filter(|_| all > 0.0) {
            let kept = order[at].clone();
            let most = crossings(order, at, items, pieces);
            let rest: Vec<usize> = kept.iter().copied().filter(|item| *item != lane).collect();
            let off = |place: usize| {
                let above: f64 = rest[..place].iter().map(|item| items[*item].height).sum();
                (above - all / 2.0).abs()
            };
            let mut places: Vec<usize> = (0..=rest.len()).collect();
            places.sort_by(|a, b| off(*a).total_cmp(&off(*b)).then(a.cmp(b)));
            let now = kept.iter().position(|item| *item == lane).unwrap_or(0);
            for place in places.into_iter().take_while(|place| off(*place) < off(now)) {
                order[at] = [&rest[..place], &[lane], &rest[place..]].concat();
                if crossings(order, at, items, pieces) <= most {
                    break;
                }
                order[at].clone_from(&kept);
            }
        }
    }
}

/// How often pieces cross to the left and to the right of a column.
fn crossings(order: &[Vec<usize>], column: usize, items: &[Item], pieces: &[Piece]) -> usize {
    let mut places = BTreeMap::new();
    for column in order.iter().take(column + 2).skip(column.saturating_sub(1)) {
        places.extend(column.iter().enumerate().map(|(place, item)| (*item, place)));
    }
    let ends = |left: usize| -> Vec<(usize, usize)> {
        let here = pieces.iter().filter(|piece| items[piece.left.0].column == left);
        here.map(|piece| (places[&piece.left.0], places[&piece.right.0])).collect()
    };
    let count = |ends: Vec<(usize, usize)>| {
        let crossed = |a: &(usize, usize), b: &(usize, usize)| (a.0 < b.0 && a.1 > b.1) || (a.0 > b.0 && a.1 < b.1);
        ends.iter().enumerate().map(|(at, a)| ends[at + 1..].iter().filter(|b| crossed(a, b)).count()).sum::<usize>()
    };
    count(ends(column)) + if column > 0 { count(ends(column - 1)) } else { 0 }
}
