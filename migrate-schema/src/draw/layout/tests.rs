use proptest::prelude::*;

use super::columns::{Columns, Edge};
use super::*;

fn edges(pairs: &[(usize, usize)]) -> Vec<Edge> {
    let edge = |&(parent, child): &(usize, usize)| Edge { parent, child, port: "id".to_owned(), offsets: (40.0, 60.0) };
    pairs.iter().filter(|(parent, child)| parent != child).map(edge).collect()
}

fn sizes(count: usize) -> Vec<(f64, f64)> {
    (0..count).map(|at| (150.0 + (at * 37 % 60) as f64, 60.0 + (at * 53 % 9 * 20) as f64)).collect()
}

/// No box lies on another one, no lane on a box, and every line leads over neighbouring columns.
fn sound(columns: &Columns, sizes: &[(f64, f64)], edges: &[Edge]) {
    for (at, a) in columns.boxes.iter().enumerate() {
        for b in &columns.boxes[at + 1..] {
            let apart = a.y + sizes[a.id].1 + 10.0 <= b.y || b.y + sizes[b.id].1 + 10.0 <= a.y;
            assert!(a.column != b.column || apart, "{a:?} {b:?}");
        }
        let (left, right) = columns.extents[a.column];
        assert!(right - left >= sizes[a.id].0);
        assert!(a.y >= 0.0 && a.y + sizes[a.id].1 <= columns.height + 1.0);
    }
    assert!(columns.extents.windows(2).all(|two| two[0].1 + 40.0 < two[1].0));
    for lanes in columns.lanes.values() {
        for (column, y) in lanes {
            let mut boxes = columns.boxes.iter().filter(|it| it.column == *column);
            assert!(boxes.all(|it| *y <= it.y - 8.0 || *y >= it.y + sizes[it.id].1 + 8.0), "{column} {y}");
        }
    }
    let column = |id: usize| columns.boxes.iter().find(|it| it.id == id).unwrap().column;
    for edge in edges.iter().filter(|edge| columns.boxes.iter().any(|it| it.id == edge.parent)) {
        let (parent, child) = (column(edge.parent), column(edge.child));
        assert_ne!(parent, child, "{edge:?}");
        let lanes = &columns.lanes[&(edge.parent, edge.port.clone(), parent < child)];
        for passed in parent.min(child) + 1..parent.max(child) {
            assert!(lanes.contains_key(&passed), "{edge:?} {passed}");
        }
    }
}

#[test]
fn a_parent_stands_to_the_left() {
    let edges = edges(&[(2, 0), (0, 1), (2, 1)]);
    let columns = Columns::of(&[0, 1, 2], &sizes(3), &edges);
    let column = |id: usize| columns.boxes.iter().find(|it| it.id == id).unwrap().column;
    assert_eq!([column(2), column(0), column(1)], [0, 1, 2]);
    assert!(columns.lanes[&(2, "id".to_owned(), true)].contains_key(&1));
}

#[test]
fn many_children_are_no_endless_column() {
    let pairs: Vec<(usize, usize)> = (1..60).map(|child| (0, child)).collect();
    let edges = edges(&pairs);
    let part: Vec<usize> = (0..60).collect();
    let columns = Columns::of(&part, &sizes(60), &edges);
    sound(&columns, &sizes(60), &edges);
    let shape = columns.width / columns.height;
    assert!((0.5..2.5).contains(&shape), "{} x {}", columns.width, columns.height);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_graph_has_a_sound_layout_and_always_the_same(pairs in prop::collection::vec((0..24usize, 0..24usize), 1..60)) {
        let (edges, sizes) = (edges(&pairs), sizes(24));
        for part in parts(24, &edges) {
            let columns = Columns::of(&part, &sizes, &edges);
            sound(&columns, &sizes, &edges);
            prop_assert_eq!(columns, Columns::of(&part, &sizes, &edges));
        }
    }
}
