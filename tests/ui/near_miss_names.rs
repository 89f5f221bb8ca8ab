//! Files that almost are migrations.

mod db {
    migrate::migrations!("near_miss_names");
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
