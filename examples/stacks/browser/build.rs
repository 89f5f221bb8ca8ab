//! A migration that is added is seen.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
}
