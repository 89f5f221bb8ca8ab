//! As its documentation says, for new files to be noticed.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
}
