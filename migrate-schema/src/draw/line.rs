//! A line between two boxes.

use super::face::{self, class};
use super::layout::{Layout, Route};
use super::scene::{Link, LinkKind};
use super::text::{escape, number};

/// How far the ends reach before the line may turn.
const STUB: f64 = 14.0;

/// What is drawn of a line, without the group around it.
pub(super) fn draw(link: &Link, layout: &Layout) -> String {
    let child = (link.child.as_str(), face::port(link.ends.0));
    let parent = (link.parent.as_str(), face::port(link.ends.1));
    let route = layout.route(child, parent, &link.port);
    let path = path(&route);
    let mut svg = format!("<title>{}</title>", escape(&link.title));
    // Wider than what is seen, for pointers.
    svg.push_str(&format!("<path class=\"reach\" d=\"{path}\"/><path class=\"wire\" d=\"{path}\"/>"));
    match link.kind {
        LinkKind::Key { optional, single } => svg.push_str(&ends(&route, optional, single)),
        LinkKind::Reads => {
            let (x, y) = route.parent;
            svg.push_str(&format!("<circle class=\"end full\" cx=\"{}\" cy=\"{}\" r=\"2.5\"/>", number(x), number(y)));
        }
    }
    svg
}

/// The classes of a line.
pub(super) fn classes(link: &Link) -> String {
    let kind = if link.kind == LinkKind::Reads { "line reads" } else { "line" };
    format!("{kind}{}", class(link.mark))
}

/// A curve in the space between two columns, a straight line where one is passed.
fn path(route: &Route) -> String {
    let step = |rightwards: bool| if rightwards { STUB } else { -STUB };
    let (from, to) = (route.child, route.parent);
    let (out, into) = (from.0 + step(route.rightwards.0), to.0 + step(route.rightwards.1));
    let mut path = format!("M{} {}H{}", number(from.0), number(from.1), number(out));
    if route.rightwards == (true, true) && route.between.is_empty() {
        // Back to where it came from.
        let away = out.max(into) + 20.0;
        let curve = [away, from.1, away, to.1, into, to.1].map(number).join(" ");
        path.push_str(&format!("C{curve}H{}", number(to.0)));
        return path;
    }
    let mut at = (out, from.1);
    for (place, point) in route.between.iter().chain([&(into, to.1)]).enumerate() {
        // Every other one is the far end of a lane.
        if place % 2 == 1 && place < route.between.len() {
            path.push_str(&format!("H{}", number(point.0)));
        } else if (at.1 - point.1).abs() < 0.5 {
            path.push_str(&format!("L{} {}", number(point.0), number(point.1)));
        } else {
            let middle = (at.0 + point.0) / 2.0;
            let curve = [middle, at.1, middle, point.1, point.0, point.1].map(number).join(" ");
            path.push_str(&format!("C{curve}"));
        }
        at = *point;
    }
    path.push_str(&format!("H{}", number(to.0)));
    path
}

/// A crow's foot at the child, or a bar if it is the only one; a bar at the parent, with a circle if there may be none.
fn ends(route: &Route, optional: bool, single: bool) -> String {
    let sign = |rightwards: bool| if rightwards { 1.0 } else { -1.0 };
    let ((x, y), s) = (route.child, sign(route.rightwards.0));
    let near = number(x + s * 10.0);
    let (above, below) = (number(y - 5.0), number(y + 5.0));
    let child = match single {
        true => format!("M{near} {above}V{below}"),
        false => format!("M{x} {above}L{near} {}L{x} {below}", number(y), x = number(x)),
    };
    let ((x, y), s) = (route.parent, sign(route.rightwards.1));
    let (above, below) = (number(y - 5.0), number(y + 5.0));
    let mut svg = format!("<path class=\"end\" d=\"{child}M{bar} {above}V{below}\"/>", bar = number(x + s * 6.0));
    if optional {
        let x = number(x + s * 11.5);
        svg.push_str(&format!("<circle class=\"end\" cx=\"{x}\" cy=\"{}\" r=\"3.5\"/>", number(y)));
    }
    svg
}
