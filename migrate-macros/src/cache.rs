//! Where a proof keeps what it found out for the next: beside what the compiler itself writes.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The name of the directory.
const NAME: &str = "migrate-proofs";

/// The directory, in that of rustc's `--out-dir`. Nothing is kept where there is none, as in an editor's server, or where
/// `MIGRATE_NO_CACHE` is set to anything but nothing.
pub(crate) fn directory() -> Option<PathBuf> {
    let refused = env::var_os("MIGRATE_NO_CACHE").is_some_and(|value| !value.is_empty());
    if refused { None } else { out_dir(env::args_os()).map(|dir| dir.join(NAME)) }
}

/// What a compiler's arguments say. For rustdoc the directory is that of the pages.
fn out_dir(mut args: impl Iterator<Item = OsString>) -> Option<PathBuf> {
    let program = args.next()?;
    if Path::new(&program).file_stem().is_some_and(|name| name == "rustdoc") {
        return None;
    }
    while let Some(argument) = args.next() {
        if argument == "--out-dir" {
            return args.next().map(PathBuf::from);
        }
        if let Some(dir) = argument.to_str().and_then(|argument| argument.strip_prefix("--out-dir=")) {
            return Some(PathBuf::from(dir));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directory_is_that_of_the_compiler() {
        let check = |args: &str, expected: Option<&str>| {
            let found = out_dir(args.split(' ').map(OsString::from));
            assert_eq!(found.as_deref(), expected.map(Path::new), "{args}");
        };
        check("rustc --crate-name a src/main.rs --out-dir /t/debug/deps -L x", Some("/t/debug/deps"));
        check("/bin/clippy-driver /bin/rustc --out-dir=/t/a=b --cap-lints warn", Some("/t/a=b"));
        check("rustc src/main.rs -o main", None);
        check("rustc --out-dir", None);
        check("/bin/rustdoc --test --out-dir /t/doc", None);
        check("rust-analyzer-proc-macro-srv", None);
        assert_eq!(out_dir(std::iter::empty()), None);
    }
}
