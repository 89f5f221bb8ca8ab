//! Directives with values that mean nothing.

mod db {
    migrate::migrations!("bad_directive");
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
