//! `completions` and `man`: what a shell and a reader get, from the same description as the help.

use clap::{Command, CommandFactory};

use crate::args::files::{Cli, Completions, Man};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal::Terminal;

pub(super) fn completions(verb: &Completions, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(verb.shell, &mut command(), "cargo-migrate", &mut script);
    terminal.text(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Fine)
}

pub(super) fn man(verb: &Man, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    let mut command = command();
    command.build();
    let page = match &verb.verb {
        None => command,
        Some(name) => {
            let names: Vec<String> = command.get_subcommands().map(|verb| verb.get_name().to_owned()).collect();
            let Some(found) = command.find_subcommand(name) else {
                let help = match migrate_source::nearest(name, names.iter().map(String::as_str)) {
                    Some(near) => format!("write `{near}`"),
                    None => "`--help` lists them".to_owned(),
                };
                return Err(Failure::usage(format!("there is no verb `{name}`\nhelp: {help}")));
            };
            found.clone()
        }
    };
    let mut text = Vec::new();
    let rendered = clap_mangen::Man::new(page).render(&mut text);
    rendered.map_err(|error| Failure::failed(format!("the page cannot be written: {error}")))?;
    terminal.text(&String::from_utf8_lossy(&text))?;
    Ok(Exit::Fine)
}

fn command() -> Command {
    Cli::command().bin_name("cargo-migrate")
}
