//! `backup`: the copy that a run makes, without the run.

use std::path::Path;

use migrate_core::Version;
use serde_json::json;

use super::Task;
use super::each::{After, Answer, each};
use crate::args::Databases;
use crate::database::Access;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal::{Terminal, Tone};

pub(super) fn run<V: Version>(
    task: &Task<'_, V>,
    on: &Databases,
    terminal: &mut Terminal<'_>,
) -> Result<Exit, Failure> {
    each((task, on, "backup"), After::GoOn, terminal, |database, terminal| {
        let mut conn = database.open(Access::Write, task.prepare)?;
        let copy = task.migrations.migrator().back_up(&mut conn)?;
        let shown = terminal.paint(Tone::Strong, database.shown());
        match copy.as_deref().and_then(Path::file_name) {
            // As the user names the database.
            Some(name) => {
                let copy = database.path()?.with_file_name(name);
                terminal.say(format_args!("{shown}: backed up to {}", copy.display()))?;
            }
            None => terminal.say(format_args!("{shown}: empty, so there is nothing to back up"))?,
        }
        Ok(Answer::new(Exit::Fine, json!({ "backup": copy.map(|path| path.display().to_string()) })))
    })
}
