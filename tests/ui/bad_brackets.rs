//! Braces for brackets.

mod db {
    migrate::migrations! {
        "bad_brackets",
        markers = { table notes },
    }
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
