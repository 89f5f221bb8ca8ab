//! Another file is none of ours.

mod db {
    migrate::migrations!("attach");
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
