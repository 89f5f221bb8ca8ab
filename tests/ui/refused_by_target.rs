//! SQL that the server of `target` would refuse.

mod db {
    migrate::migrations!("refused_by_target");
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
