//! Edits of a migration are noticed without this; with it, Cargo notices a new file too.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
}
