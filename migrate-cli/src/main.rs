//! `cargo migrate`: see the library.

use std::io;
use std::process::ExitCode;

fn main() -> ExitCode {
    // Not locked: a line that shows progress is drawn by another thread.
    migrate_cli::run(std::env::args_os(), &mut io::stdout(), &mut io::stderr()).into()
}
