//! A parameter, which would be NULL.

mod db {
    migrate::migrations!("parameter");
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
