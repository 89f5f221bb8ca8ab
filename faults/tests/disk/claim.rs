//! What an error's message says about the state of the database.

use faults::{Course, Place};

/// Where the message says that the database is; two places where it says that a commit is in doubt.
pub(crate) fn told(message: &str, course: &Course) -> Vec<Place> {
    let state = message.lines().find_map(|line| line.strip_prefix("state: ")).unwrap_or(message);
    match state.strip_prefix("in doubt").and_then(|doubt| doubt.split_once("either ")?.1.split_once("; or ")) {
        Some((before, after)) => [before, after].into_iter().filter_map(|state| place(state, course)).collect(),
        None => place(state, course).into_iter().collect(),
    }
}

fn place(state: &str, course: &Course) -> Option<Place> {
    let named = state.split('`').nth(1).and_then(|name| course.position(name));
    if state.starts_with("at ") {
        Some(Place::At(named.map_or(0, |index| index + 1)))
    } else if state.contains("is marked as started") {
        named.map(Place::Started)
    } else {
        state.contains("nothing was changed").then_some(Place::Old)
    }
}
