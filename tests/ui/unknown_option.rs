//! An option that does not exist.

mod db {
    migrate::migrations! {
        "unknown_option",
        marker = [table notes],
    }
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
