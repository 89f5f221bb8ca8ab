//! A rebuild that cascades into children.

mod db {
    migrate::migrations!("lost_children");
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
