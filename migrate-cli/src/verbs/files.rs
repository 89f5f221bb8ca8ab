//! The verbs of a directory; and those of a database, with the migrations of a directory.

mod check;
mod diff;
mod dump;
mod init;
mod lock;
mod new;
mod schema;
mod shell;
mod squash;
mod timeline;
mod unproved;
mod write;

use super::{Task, on_database};
use crate::args::OnDatabase;
use crate::args::files::{Cli, Verb};
use crate::config::Config;
use crate::directory::Directory;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal::Terminal;

/// Does any verb.
pub(crate) fn on_directory(cli: &Cli, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    // These need no directory, and work where the configuration is wrong.
    match &cli.verb {
        Verb::Completions(verb) => return shell::completions(verb, terminal),
        Verb::Man(verb) => return shell::man(verb, terminal),
        Verb::Check(verb) if verb.list => return check::list(terminal),
        Verb::Check(check) => {
            if let Some(id) = &check.explain {
                return check::explain(id, terminal);
            }
        }
        _ => {}
    }
    let config = Config::find(&cli.global)?;
    match &cli.verb {
        Verb::Init(verb) => init::run(verb, &config, terminal),
        Verb::New(verb) => new::run(verb, &config, terminal),
        Verb::Diff(verb) => diff::run(verb, &config, terminal),
        Verb::Check(verb) => check::run(verb, &config, terminal),
        Verb::Dump(verb) => dump::run(verb, &config, terminal),
        Verb::Lock(verb) => lock::run(verb, &config, terminal),
        Verb::Squash(verb) => squash::run(verb, &config, terminal),
        Verb::Schema(verb) => schema::run(verb, &config, terminal),
        Verb::Timeline(verb) => timeline::run(verb, &config, terminal),
        Verb::Database(verb) => with_directory(verb, &config, terminal),
        Verb::Completions(_) | Verb::Man(_) => Ok(Exit::Fine),
    }
}

/// A verb on a database, with the migrations of the directory.
fn with_directory(verb: &OnDatabase, config: &Config, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    let directory = Directory::to_run(config);
    let Some(migrations) = &directory.migrations else {
        return unproved::run(verb, &directory, config, terminal);
    };
    let mut task = Task::new(migrations, &|_| Ok(()));
    task.configured = config.database.as_deref();
    task.has_steps = false;
    task.directory = Some(&directory);
    on_database(&task, verb, terminal)
}
