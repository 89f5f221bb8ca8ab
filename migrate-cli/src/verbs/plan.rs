//! `plan`: what `up` would do.

use migrate_core::__private::Set;
use migrate_core::{Plan, PlanStep, Target, Version};
use serde_json::{Value, json};

use super::changes::{self, Change};
use super::each::{After, Answer, each};
use super::predicted::predicted;
use super::{Task, report, up, version};
use crate::args;
use crate::database::{Access, Database, in_memory};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal::{Terminal, Tone};

pub(super) fn run<V: Version>(
    task: &Task<'_, V>,
    verb: &args::Plan,
    terminal: &mut Terminal<'_>,
) -> Result<Exit, Failure> {
    let target = verb.towards.target(task)?;
    each((task, &verb.on, "plan"), After::GoOn, terminal, |database, terminal| {
        let is_there = database.exists();
        let migrator = task.migrations.migrator().target(target).allow_down(true).backup(verb.backup.policy());
        let migrator = migrator.out_of_order(verb.order.out_of_order);
        let plan = match database {
            #[cfg(feature = "remote")]
            Database::Server(server) => server.plan(&migrator)?,
            Database::File(_) if is_there => migrator.plan(&database.open(Access::Read, task.prepare)?)?,
            Database::File(_) => migrator.plan(&in_memory(task.prepare)?)?,
        };
        let changes = predicted(task, &plan, target);
        if !terminal.json {
            let name = terminal.paint(Tone::Strong, database.shown());
            let shown = if is_there { name } else { format!("{name} (not there yet)") };
            show(task, (&shown, &plan, &changes), terminal)?;
        }
        let exit = if plan.steps().is_empty() { Exit::Fine } else { Exit::Found };
        Ok(Answer::new(exit, value(task, &plan, &changes)))
    })
}

fn show<V: Version>(
    task: &Task<'_, V>,
    (shown, plan, changes): (&str, &Plan<V>, &[Change]),
    terminal: &mut Terminal<'_>,
) -> Result<(), Failure> {
    terminal.line(format_args!("{shown}: {plan}"))?;
    for (name, sql) in scripts(task.migrations.set(), plan) {
        let head = terminal.paint(Tone::Strong, format_args!("-- {name}"));
        terminal.line(format_args!("\n{head}\n{}", sql.trim_end()))?;
    }
    if !changes.is_empty() {
        terminal.line("\nwhat becomes of the schema:")?;
    }
    changes::show(changes, terminal)?;
    #[cfg(feature = "directory")]
    if let Some(directory) = task.directory {
        let findings = findings(directory, plan);
        if !findings.is_empty() {
            terminal.note("");
        }
        terminal.findings(&findings, &directory.source);
    }
    if let Some(name) = up::stepped(task, plan) {
        terminal.note(format_args!("`{name}` has a Rust step, which only the application can run"));
    }
    Ok(())
}

/// The scripts that would run: name, SQL.
fn scripts<'a, V>(set: &'a Set, plan: &'a Plan<V>) -> Vec<(&'a str, &'a str)>
where
    V: Version,
{
    let of =
        |script: &'a Option<migrate_core::__private::Script>| script.as_ref().map_or("", |script| script.sql.as_ref());
    let script = |step: &'a PlanStep<V>| {
        Some(match step {
            PlanStep::RunBase => ("base.sql", of(&set.base)),
            PlanStep::RunSchema => ("schema.sql", of(&set.schema)),
            PlanStep::RunSnapshot => ("the snapshot of the current schema", of(&set.snapshot)),
            PlanStep::Apply { name, sql, .. } | PlanStep::Revert { name, sql, .. } => (name.as_str(), sql.as_str()),
            _ => return None,
        })
    };
    plan.steps().iter().filter_map(script).collect()
}

/// What the proof says about the files that would run.
#[cfg(feature = "directory")]
fn findings<V: Version>(directory: &crate::directory::Directory, plan: &Plan<V>) -> Vec<migrate_source::Finding> {
    use migrate_source::Subject;
    let path = |step: &PlanStep<V>| {
        let migration = |version: &V| directory.source.migrations.get(version.index());
        match step {
            PlanStep::Apply { version, .. } => Some(migration(version)?.up.shown.clone()),
            PlanStep::Revert { version, .. } => Some(migration(version)?.down.as_ref()?.shown.clone()),
            _ => None,
        }
    };
    let paths: Vec<String> = plan.steps().iter().filter_map(path).collect();
    let is_about = |finding: &&migrate_source::Finding| match &finding.subject {
        Subject::Place(place) => paths.contains(&place.path),
        Subject::File(path) => paths.contains(path),
        _ => false,
    };
    directory.findings.iter().filter(is_about).cloned().collect()
}

fn value<V: Version>(task: &Task<'_, V>, plan: &Plan<V>, changes: &[Change]) -> Value {
    #[cfg(feature = "directory")]
    let findings = task
        .directory
        .map(|directory| crate::directory::values(&findings(directory, plan), &directory.source))
        .unwrap_or_default();
    #[cfg(not(feature = "directory"))]
    let findings: Vec<Value> = Vec::new();
    let set = task.migrations.set();
    json!({
        "steps": plan.steps().iter().map(|one| step(set, one)).collect::<Vec<_>>(),
        "changes": changes.iter().map(Change::value).collect::<Vec<_>>(),
        "findings": findings,
        "backup": plan.backup().map(|path| path.display().to_string()),
        "drift": report::drift(plan.difference()),
    })
}

fn step<V>(set: &Set, step: &PlanStep<V>) -> Value {
    let run = |name: &str, script: &Option<migrate_core::__private::Script>| json!({ "do": "run", "name": name, "sql": script.as_ref().map(|script| &script.sql) });
    match step {
        PlanStep::PrepareHistory => json!({ "do": "prepare-history" }),
        PlanStep::OrderHistory => json!({ "do": "order-history" }),
        PlanStep::RunBase => run("base.sql", &set.base),
        PlanStep::RunSchema => run("schema.sql", &set.schema),
        PlanStep::RunSnapshot => run("snapshot", &set.snapshot),
        PlanStep::Mark { name, origin, .. } => json!({ "do": "mark", "name": name, "origin": origin.word() }),
        PlanStep::Apply { name, sql, step, .. } => {
            json!({ "do": "apply", "name": name, "sql": sql, "rust_step": step })
        }
        PlanStep::Revert { name, sql, .. } => json!({ "do": "revert", "name": name, "sql": sql }),
        _ => json!({ "do": "other" }),
    }
}

impl args::Towards {
    /// Where to end; the latest version if nothing is said.
    pub(super) fn target<V: Version>(&self, task: &Task<'_, V>) -> Result<Target<V>, Failure> {
        self.to.as_deref().map_or(Ok(Target::Latest), |word| version::target(task.migrations, word))
    }
}
