//! Markers that the schema does not have.

mod db {
    migrate::migrations! {
        "unknown_marker",
        markers = [table tag, column notes.boddy, no table notes],
    }
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
