//! Every option is wrong, and each is said.

mod db {
    migrate::migrations! {
        "bad_options",
        markers = [tabel notes, column notes, no definition notes, table],
        after = { 1 => step, "001_create_notes" => "step", "001_create_notes" = step },
        nonsense,
    }
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
