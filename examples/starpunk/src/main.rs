//! `starpunk FILE`: what every process of the site does first.

use std::env;
use std::error::Error;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use starpunk::Site;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "this is a program, and errors go there")]
            {
                eprintln!("error: {error}");
            }
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let file = env::args_os().nth(1).ok_or("no file is named\n\nusage: starpunk FILE")?;
    let (_site, report) = Site::open(Path::new(&file))?;
    writeln!(io::stdout(), "{report}")?;
    Ok(())
}
