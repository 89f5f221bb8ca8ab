//! Does one thing once, for callgrind: `count noop-first 1000 DIR`. What it is done to is kept in `DIR`, and made there the
//! first time. `count sqlite` says which SQLite it has.

use std::env;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use inner::{Project, Scenario};
use migrate_core::rusqlite;

fn main() -> io::Result<ExitCode> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match &arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["sqlite"] => writeln!(io::stdout(), "{}", rusqlite::version())?,
        ["prepare", count, dir] => drop(project(count, dir)?),
        [name, count, dir] => {
            let Some(scenario) = Scenario::ALL.into_iter().find(|scenario| scenario.name() == *name) else {
                let names = Scenario::ALL.map(Scenario::name).join("`, `");
                return usage(&format!("no scenario `{name}`; there are `{names}`"));
            };
            scenario.run(&project(count, dir)?, Path::new(dir))?;
        }
        _ => return usage("expected a scenario, a number of migrations and a directory"),
    }
    Ok(ExitCode::SUCCESS)
}

fn project(count: &str, dir: &str) -> io::Result<Project> {
    let count = count.parse().map_err(io::Error::other)?;
    Project::at(Path::new(dir), count)
}

fn usage(message: &str) -> io::Result<ExitCode> {
    writeln!(io::stderr(), "error: {message}")?;
    Ok(ExitCode::from(2))
}
