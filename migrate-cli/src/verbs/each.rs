//! One database after the other.

use serde_json::{Value, json};

use crate::args::Databases;
use crate::database::{Database, named};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal::Terminal;

use super::Task;

/// What a verb says of one database: how it ended, and the keys of its JSON.
pub(super) struct Answer {
    pub(super) exit: Exit,
    pub(super) value: Value,
}

impl Answer {
    pub(super) fn new(exit: Exit, value: Value) -> Answer {
        Answer { exit, value }
    }
}

/// What becomes of the other databases where one fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    GoOn,
    Stop,
    /// There is only one.
    One,
}

/// Does a verb on every database that is named. The worst answer is that of the whole.
pub(super) fn each<V>(
    (task, on, verb): (&Task<'_, V>, &Databases, &'static str),
    after: After,
    terminal: &mut Terminal<'_>,
    mut one: impl FnMut(&Database, &mut Terminal<'_>) -> Result<Answer, Failure>,
) -> Result<Exit, Failure> {
    let databases = named(&on.database, task.configured, !task.has_steps)?;
    if after == After::One && databases.len() > 1 {
        let names: Vec<String> = databases.iter().map(|database| format!("`{}`", database.shown())).collect();
        let message = format!("`{verb}` is for one database, and {} are named: {}", names.len(), names.join(", "));
        return Err(Failure::usage(format!("{message}\nhelp: name one with `--database FILE`")));
    }
    let (mut worst, mut values) = (Exit::Fine, Vec::new());
    let mut rest = databases.iter();
    for database in rest.by_ref() {
        let answer = one(database, terminal).unwrap_or_else(|failure| {
            let failure = failure.called(task.program);
            terminal.error(format_args!("{}: {}", database.shown(), failure.message));
            Answer::new(failure.exit, json!({ "error": failure.value() }))
        });
        worst = worst.worst(answer.exit);
        values.push(with_head(database, &answer));
        if after == After::Stop && answer.exit != Exit::Fine {
            break;
        }
    }
    let left: Vec<String> = rest.map(Database::shown).collect();
    if !left.is_empty() {
        terminal.note(format_args!("not tried: {}", left.join(", ")));
    }
    if terminal.json {
        let value = json!({ "version": 1, "verb": verb, "exit": worst.word(), "databases": values, "not_tried": left });
        terminal.value(&value)?;
    }
    Ok(worst)
}

fn with_head(database: &Database, answer: &Answer) -> Value {
    let mut value = json!({ "database": database.shown(), "exit": answer.exit.word() });
    if let (Some(head), Some(rest)) = (value.as_object_mut(), answer.value.as_object()) {
        head.extend(rest.clone());
    }
    value
}
