//! What only the author knows is asked, where there is a terminal to ask on.

use std::io::{self, IsTerminal};

use dialoguer::theme::SimpleTheme;
use dialoguer::{Input, Select};
use migrate_schema::{Fill, Options, Question, Rename};

use crate::failure::Failure;
use crate::terminal::Terminal;

/// Whether there is somebody to ask.
pub(super) fn somebody(terminal: &Terminal<'_>) -> bool {
    terminal.watched && !terminal.json && io::stdin().is_terminal()
}

/// Asks, and adds the answers to what is known.
pub(super) fn all(questions: &[Question], options: &mut Options) -> Result<(), Failure> {
    questions.iter().try_for_each(|question| one(question, options))
}

fn one(question: &Question, options: &mut Options) -> Result<(), Failure> {
    match question {
        Question::Table { name, candidates, .. } => {
            let prompt = format!("table `{name}` is gone");
            match gone(&prompt, "drop it and its rows", candidates)? {
                None => options.drops.push(name.clone()),
                Some(new) => options.renames.push(Rename { table: None, old: name.clone(), new }),
            }
        }
        Question::Column { table, name, candidates, .. } => {
            let prompt = format!("column `{table}.{name}` is gone");
            match gone(&prompt, "drop it and its values", candidates)? {
                None => options.drops.push(format!("{table}.{name}")),
                Some(new) => {
                    options.renames.push(Rename { table: Some(table.clone()), old: name.clone(), new });
                }
            }
        }
        Question::Object { kind, name, .. } => {
            gone(&format!("{kind} `{name}` is gone"), "drop it", &[])?;
            options.drops.push(name.clone());
        }
        Question::Value { table, column, is_new, .. } => {
            let rows = if *is_new { "rows that exist get" } else { "rows where it is NULL get" };
            let prompt = format!("`{table}.{column}` is NOT NULL; {rows} (an SQL expression)");
            let value: String = Input::with_theme(&SimpleTheme).with_prompt(prompt).interact_text().map_err(stopped)?;
            options.fills.push(Fill { table: table.clone(), column: column.clone(), value });
        }
        Question::Conversion { table, column, example: (was, now), .. } => {
            let prompt = format!("the new type of `{table}.{column}` changes values: {was} becomes {now}");
            gone(&prompt, "that is right", &[])?;
            options.converts.push(format!("{table}.{column}"));
        }
        _ => return Err(Failure::usage(question.to_string())),
    }
    Ok(())
}

/// `None` if it is to go, or whatever else the last answer but one says.
fn gone(prompt: &str, drop: &str, candidates: &[String]) -> Result<Option<String>, Failure> {
    let renamed = candidates.iter().map(|candidate| format!("it is `{candidate}` now"));
    let mut items: Vec<String> = renamed.collect();
    items.push(drop.to_owned());
    items.push("stop, and write nothing".to_owned());
    let chosen = Select::with_theme(&SimpleTheme).with_prompt(prompt).items(&items).default(items.len() - 1);
    match chosen.interact_opt().map_err(stopped)? {
        Some(at) if at < candidates.len() => Ok(Some(candidates[at].clone())),
        Some(at) if at == candidates.len() => Ok(None),
        _ => Err(Failure::usage("stopped; nothing was written")),
    }
}

fn stopped(error: dialoguer::Error) -> Failure {
    Failure::usage(format!("no answer: {error}; nothing was written"))
}
