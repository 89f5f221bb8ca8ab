//! A rebuild that swaps two columns.

mod db {
    migrate::migrations!("swapped_values");
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
