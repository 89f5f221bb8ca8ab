//! Tells the cache of proofs which code it belongs to: a digest over the sources of every crate that a proof is made by.
//!
//! Of a released version it is always the same. It is there for those who edit these crates: what another build of them
//! found out must not be taken for the word of this one.

use std::fs;
use std::hash::{DefaultHasher, Hasher};
use std::path::{Path, PathBuf};

fn main() {
    let mut files = Vec::new();
    for directory in ["src", "../migrate-core/src", "../migrate-source/src", "../migrate-sql/src"] {
        // In a package from a registry there are no crates beside this one, and none that could be edited.
        if Path::new(directory).is_dir() {
            println!("cargo:rerun-if-changed={directory}");
            collect(Path::new(directory), &mut files);
        }
    }
    println!("cargo:rerun-if-changed=build.rs");
    files.sort();
    // Without random keys, so the same in every build.
    let mut hasher = DefaultHasher::new();
    for file in files {
        let bytes = fs::read(&file).unwrap_or_default();
        hasher.write(file.as_os_str().as_encoded_bytes());
        hasher.write_usize(bytes.len());
        hasher.write(&bytes);
    }
    println!("cargo:rustc-env=MIGRATE_CHECK_SOURCES={:016x}", hasher.finish());
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push(path);
        }
    }
}
