//! Rectangles side by side, on a page that is wider than tall.

use super::columns::ASPECT;

/// The space between two rectangles.
const GAP: f64 = 36.0;

/// The left upper corner of every rectangle. Earlier ones come to stand further up.
pub(super) fn pack(rectangles: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let widest = rectangles.iter().map(|rectangle| rectangle.0).fold(0.0, f64::max);
    let row: f64 = rectangles.iter().map(|rectangle| rectangle.0 + GAP).sum::<f64>() - GAP;
    let mut best: (f64, Vec<(f64, f64)>) = (f64::INFINITY, Vec::new());
    let mut width = widest;
    loop {
        let corners = within(rectangles, width);
        let side = |at: usize, (x, y): (f64, f64)| (x + rectangles[at].0, y + rectangles[at].1);
        let ends = corners.iter().enumerate().map(|(at, corner)| side(at, *corner));
        let (right, bottom) = ends.fold((0.0, 0.0), |all: (f64, f64), end| (all.0.max(end.0), all.1.max(end.1)));
        // The page that all of this fits on.
        let page = right.max(bottom * ASPECT);
        if page < best.0 - 0.5 {
            best = (page, corners);
        }
        if width >= row {
            return best.1;
        }
        width = (width + 40.0).min(row);
    }
}

/// Each rectangle where it comes to stand highest, within a width.
fn within(rectangles: &[(f64, f64)], width: f64) -> Vec<(f64, f64)> {
    // What is taken from the top, as steps: from x on, down to y.
    let mut line = vec![(0.0, 0.0)];
    let mut corners = Vec::new();
    for &(wide, tall) in rectangles {
        let mut best = (f64::INFINITY, 0.0);
        for &(x, _) in &line {
            let under = |&(at, (from, _)): &(usize, &(f64, f64))| {
                let end = line.get(at + 1).map_or(f64::INFINITY, |next| next.0);
                *from < x + wide + GAP && end > x
            };
            let y = line.iter().enumerate().filter(under).map(|(_, step)| step.1).fold(0.0, f64::max);
            if (x == 0.0 || x + wide <= width + 0.01) && y < best.0 {
                best = (y, x);
            }
        }
        let (y, x) = best;
        corners.push((x, y));
        let end = x + wide + GAP;
        let after = line.iter().rev().find(|step| step.0 <= end).map_or(0.0, |step| step.1);
        line.retain(|step| step.0 < x || step.0 > end);
        line.extend([(x, y + tall + GAP), (end, after)]);
        line.sort_by(|a, b| a.0.total_cmp(&b.0));
    }
    corners
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_overlaps_and_the_page_is_no_row() {
        let rectangles: Vec<(f64, f64)> =
            (0..60).map(|at| (140.0 + f64::from(at * 37 % 90), 80.0 + f64::from(at * 53 % 200))).collect();
        let corners = pack(&rectangles);
        let all: Vec<(f64, f64, f64, f64)> =
            corners.iter().zip(&rectangles).map(|(a, b)| (a.0, a.1, a.0 + b.0, a.1 + b.1)).collect();
        for (at, a) in all.iter().enumerate() {
            for b in &all[at + 1..] {
                assert!(a.2 < b.0 || b.2 < a.0 || a.3 < b.1 || b.3 < a.1, "{a:?} {b:?}");
            }
        }
        let (right, bottom) = all.iter().fold((0.0f64, 0.0f64), |end, it| (end.0.max(it.2), end.1.max(it.3)));
        assert!((0.8..2.0).contains(&(right / bottom)), "{right} x {bottom}");
        let area: f64 = rectangles.iter().map(|it| it.0 * it.1).sum();
        assert!(right * bottom < area * 1.9, "{} of {}", area, right * bottom);
    }
}
