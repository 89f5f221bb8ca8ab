//! Two names that differ in nothing but signs.

mod db {
    migrate::migrations!("variant_collision");
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
