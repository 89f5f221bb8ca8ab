//! A rebuild that drops a trigger.

mod db {
    migrate::migrations!("lost_trigger");
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
