//! The newest change of the schema is noticed by no marker.

mod db {
    migrate::migrations! {
        "missing_marker",
        markers = [table notes],
    }
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
