//! A rebuild that forgets a column.

mod db {
    migrate::migrations!("lost_values");
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
