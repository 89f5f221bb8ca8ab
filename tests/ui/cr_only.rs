//! With line ends of another age, a comment never ends.

mod db {
    migrate::migrations!("cr_only");
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
