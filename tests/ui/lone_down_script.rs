//! A down script of no migration.

mod db {
    migrate::migrations!("lone_down_script");
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
