//! The quotes are forgotten.

mod db {
    migrate::migrations!(migrations, markers = [table notes]);
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
