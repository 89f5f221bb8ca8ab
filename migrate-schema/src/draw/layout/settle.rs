//! How far down everything stands.

use super::columns::{BELOW, Item, Piece};

/// Heights, in the given order and without overlaps, so that the lines are as level as they can be. The library's own
/// heights give every box the room of the largest one that is level with it.
pub(super) fn settle(items: &mut [Item], order: &[Vec<usize>], pieces: &[Piece]) {
    let gap = |a: Item, b: Item| match (a.height == 0.0, b.height == 0.0) {
        (false, false) => BELOW,
        (true, true) => 10.0,
        _ => 16.0,
    };
    let mut wishes: Vec<Vec<(usize, f64, f64)>> = vec![Vec::new(); items.len()];
    for piece in pieces {
        let shift = piece.left.1 - piece.right.1;
        wishes[piece.right.0].push((piece.left.0, shift, piece.weight));
        wishes[piece.left.0].push((piece.right.0, -shift, piece.weight));
    }
    for column in order {
        let height: f64 = column.windows(2).map(|two| items[two[0]].height + gap(items[two[0]], items[two[1]])).sum();
        let mut y = -(height + column.last().map_or(0.0, |last| items[*last].height)) / 2.0;
        for (place, at) in column.iter().enumerate() {
            items[*at].y = y;
            let next = column.get(place + 1).map_or(0.0, |next| gap(items[*at], items[*next]));
            y += items[*at].height + next;
        }
    }
    for round in 0..60 {
        for step in 0..order.len() {
            let column = if round % 2 == 0 { &order[step] } else { &order[order.len() - 1 - step] };
            let wished: Vec<(f64, f64)> = column
                .iter()
                .map(|at| {
                    let weight: f64 = wishes[*at].iter().map(|wish| wish.2).sum();
                    let sum: f64 = wishes[*at].iter().map(|wish| (items[wish.0].y + wish.1) * wish.2).sum();
                    if weight > 0.0 { (sum / weight, weight) } else { (items[*at].y, 0.1) }
                })
                .collect();
            let apart: Vec<f64> =
                column.windows(2).map(|two| items[two[0]].height + gap(items[two[0]], items[two[1]])).collect();
            for (at, y) in column.iter().zip(nearest(&wished, &apart)) {
                items[*at].y = y;
            }
        }
    }
}

/// The heights that are nearest to the wished ones (with a weight each) and at least so far apart: the least squares, by
/// joining neighbours that would overlap.
fn nearest(wished: &[(f64, f64)], apart: &[f64]) -> Vec<f64> {
    let mut below = 0.0;
    // The sum of what is wished, the sum of the weights, and how many.
    let mut blocks: Vec<(f64, f64, usize)> = Vec::new();
    for (at, &(y, weight)) in wished.iter().enumerate() {
        below += if at > 0 { apart[at - 1] } else { 0.0 };
        let mut block = ((y - below) * weight, weight, 1);
        while let Some(last) = blocks.last().filter(|last| last.0 / last.1 > block.0 / block.1) {
            block = (last.0 + block.0, last.1 + block.1, last.2 + block.2);
            blocks.pop();
        }
        blocks.push(block);
    }
    let mut heights: Vec<f64> = Vec::with_capacity(wished.len());
    let mut below = 0.0;
    for (sum, weight, count) in blocks {
        for _ in 0..count {
            below += if heights.is_empty() { 0.0 } else { apart[heights.len() - 1] };
            heights.push(sum / weight + below);
        }
    }
    heights
}
