//! A marker that a later migration drops.

mod db {
    migrate::migrations! {
        "dropped_marker",
        markers = [table drafts],
    }
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
