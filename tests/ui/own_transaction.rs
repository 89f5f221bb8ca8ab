//! The runtime makes the transaction.

mod db {
    migrate::migrations!("own_transaction");
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
