//! The authorizer and the clock of the scratch connection: nothing escapes, nothing runs for ever.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};

use super::settings::{Setting, setting};
use crate::words::Opening;

/// Why the guard did not let a statement pass, or let it pass and says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    TransactionControl,
    Attach,
    VacuumInto,
    ForeignKeys,
    DeferForeignKeys,
    WritableSchema,
    History,
    Temp,
    Extension,
    NeedsNoTransaction,
    /// A setting that outlives the migration.
    Leak,
}

impl Refusal {
    /// Whether what follows still makes sense though the statement did not run. A second finding that only follows
    /// from the first helps nobody.
    pub(crate) fn can_go_on(self) -> bool {
        !matches!(self, Refusal::Attach | Refusal::WritableSchema | Refusal::Extension)
    }
}

/// What the guard has seen of a statement.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) refusals: Vec<Refusal>,
    pub(super) late: bool,
    pub(super) touched: Touched,
}

/// The tables of `main` that a statement has to do with, through triggers and keys too; names in lower case.
#[derive(Clone, Debug, Default)]
pub(crate) struct Touched {
    pub(crate) reads: Vec<String>,
    pub(crate) writes: Vec<String>,
    /// The tables and columns that it updates itself, not through a trigger.
    pub(crate) updates: Vec<(String, String)>,
}

/// The guard of one connection. It sleeps while the proof itself uses the connection.
pub(super) struct Watch {
    state: Arc<Mutex<State>>,
    limit: Duration,
}

#[derive(Default)]
struct State {
    armed: Option<Armed>,
    seen: Seen,
}

struct Armed {
    opening: Opening,
    transaction: bool,
    deadline: Instant,
}

/// How many steps of SQLite's machine go by between two looks at the clock.
const STEPS: i32 = 20_000;

impl Watch {
    pub(super) fn over(conn: &mut Connection, history: &str, limit: Duration) -> rusqlite::Result<Watch> {
        let state = Arc::new(Mutex::new(State::default()));
        let (authorizer, clock) = (Arc::clone(&state), Arc::clone(&state));
        let history = history.to_owned();
        conn.authorizer(Some(move |context: AuthContext<'_>| lock(&authorizer).judge(&context, &history)))?;
        conn.progress_handler(STEPS, Some(move || lock(&clock).is_late()))?;
        Ok(Watch { state, limit })
    }

    pub(super) fn arm(&self, opening: Opening, transaction: bool) {
        let deadline = Instant::now() + self.limit;
        *lock(&self.state) = State { armed: Some(Armed { opening, transaction, deadline }), seen: Seen::default() };
    }

    pub(super) fn disarm(&self) -> Seen {
        std::mem::take(&mut *lock(&self.state)).seen
    }

    pub(super) fn limit(&self) -> Duration {
        self.limit
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    fn is_late(&mut self) -> bool {
        let late = self.armed.as_ref().is_some_and(|armed| Instant::now() > armed.deadline);
        self.seen.late |= late;
        late
    }

    fn judge(&mut self, context: &AuthContext<'_>, history: &str) -> Authorization {
        let Some(armed) = &self.armed else { return Authorization::Allow };
        self.seen.touched.note(context);
        let verdict = judge(context, armed, history);
        if let Verdict::Refuse(refusal) | Verdict::Note(refusal) | Verdict::Skip(refusal) = verdict
            && !self.seen.refusals.contains(&refusal)
        {
            self.seen.refusals.push(refusal);
        }
        match verdict {
            Verdict::Allow | Verdict::Note(_) => Authorization::Allow,
            Verdict::Skip(_) => Authorization::Ignore,
            Verdict::Refuse(_) => Authorization::Deny,
        }
    }
}

impl Touched {
    fn note(&mut self, context: &AuthContext<'_>) {
        if context.database_name.is_some_and(|name| !name.eq_ignore_ascii_case("main")) {
            return;
        }
        let (list, table) = match context.action {
            AuthAction::Read { table_name, .. } => (&mut self.reads, table_name),
            AuthAction::Update { table_name, column_name } => {
                if context.accessor.is_none() {
                    let update = (table_name.to_ascii_lowercase(), column_name.to_ascii_lowercase());
                    if !self.updates.contains(&update) {
                        self.updates.push(update);
                    }
                }
                (&mut self.writes, table_name)
            }
            AuthAction::Insert { table_name }
            | AuthAction::Delete { table_name }
            | AuthAction::DropTable { table_name }
            | AuthAction::AlterTable { table_name, .. }
            | AuthAction::CreateIndex { table_name, .. } => (&mut self.writes, table_name),
            _ => return,
        };
        let own = table_name_is_own(table);
        if !own && !list.iter().any(|name| name.eq_ignore_ascii_case(table)) {
            list.push(table.to_ascii_lowercase());
        }
    }
}

/// Whether it is one of SQLite's own tables.
fn table_name_is_own(table: &str) -> bool {
    table.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("sqlite_"))
}

enum Verdict {
    Allow,
    /// Harmless in here, so that what follows can be proved, but not at run time.
    Note(Refusal),
    /// The statement does nothing, successfully, and could do nothing useful in here.
    Skip(Refusal),
    Refuse(Refusal),
}

fn judge(context: &AuthContext<'_>, armed: &Armed, history: &str) -> Verdict {
    if armed.opening == Opening::Vacuum {
        // It attaches a database of its own, in memory here, and copies everything into it, the history included.
        return Verdict::Allow;
    }
    let is_history = |table: &str| {
        table.eq_ignore_ascii_case(history)
            && context.database_name.is_none_or(|name| name.eq_ignore_ascii_case("main"))
    };
    match context.action {
        AuthAction::Attach { .. } | AuthAction::Detach { .. } => Verdict::Refuse(Refusal::Attach),
        // The name of the file may be an expression, which rusqlite does not expect.
        AuthAction::Unknown { code, .. } if code == rusqlite::ffi::SQLITE_ATTACH => Verdict::Refuse(Refusal::Attach),
        AuthAction::Pragma { pragma_name, pragma_value: Some(_) } => pragma(pragma_name, armed.transaction),
        AuthAction::CreateTempIndex { .. }
        | AuthAction::CreateTempTable { .. }
        | AuthAction::CreateTempTrigger { .. }
        | AuthAction::CreateTempView { .. } => Verdict::Note(Refusal::Temp),
        AuthAction::Function { function_name } if function_name.eq_ignore_ascii_case("load_extension") => {
            Verdict::Refuse(Refusal::Extension)
        }
        AuthAction::Insert { table_name }
        | AuthAction::Delete { table_name }
        | AuthAction::Update { table_name, .. }
        | AuthAction::CreateTable { table_name }
        | AuthAction::DropTable { table_name }
        | AuthAction::AlterTable { table_name, .. }
        | AuthAction::CreateIndex { table_name, .. }
        | AuthAction::CreateTrigger { table_name, .. }
            if is_history(table_name) =>
        {
            Verdict::Refuse(Refusal::History)
        }
        _ => Verdict::Allow,
    }
}

fn pragma(name: &str, transaction: bool) -> Verdict {
    match name.to_ascii_lowercase().as_str() {
        "foreign_keys" => Verdict::Refuse(Refusal::ForeignKeys),
        "defer_foreign_keys" => Verdict::Refuse(Refusal::DeferForeignKeys),
        "writable_schema" => Verdict::Refuse(Refusal::WritableSchema),
        "journal_mode" if transaction => Verdict::Refuse(Refusal::NeedsNoTransaction),
        _ => match setting(name) {
            Some(Setting::Matters) => Verdict::Note(Refusal::Leak),
            // Some of these say where temporary files go, or hold for the whole process, which is the compiler.
            Some(Setting::Indifferent) => Verdict::Skip(Refusal::Leak),
            None => Verdict::Allow,
        },
    }
}
