//! The protocol's words: a request for `/v3/pipeline` as JSON, and what its answer says.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use migrate_core::rusqlite::types::Value as Cell;
use serde_json::{Value, json};

use crate::engine::{Failure, Rows};

/// A step of a batch.
pub(crate) struct Step<'a> {
    pub(crate) sql: &'a str,
    pub(crate) when: When,
}

/// When a step runs.
#[derive(Clone, Copy)]
pub(crate) enum When {
    Always,
    /// The step with this index succeeded.
    After(usize),
    /// It did, and a transaction is open: a server that takes the lock away ends it, and what follows would be committed by itself.
    InTransactionAfter(usize),
    /// A transaction is open.
    InTransaction,
    Never,
}

impl When {
    fn condition(self) -> Option<Value> {
        let after = |step: usize| json!({"type": "ok", "step": step});
        let open = || json!({"type": "not", "cond": {"type": "is_autocommit"}});
        match self {
            When::Always => None,
            When::After(step) => Some(after(step)),
            When::InTransactionAfter(step) => Some(json!({"type": "and", "conds": [after(step), open()]})),
            When::InTransaction => Some(open()),
            When::Never => Some(json!({"type": "or", "conds": []})),
        }
    }
}

/// A request for each batch, on a connection of its own that is closed behind them.
pub(crate) fn pipeline(batches: &[Vec<Step<'_>>]) -> Vec<u8> {
    let batch = |steps: &Vec<Step<'_>>| {
        let steps: Vec<Value> = steps
            .iter()
            .map(|step| {
                let mut written = json!({"stmt": {"sql": step.sql}});
                if let Some(condition) = step.when.condition() {
                    written["condition"] = condition;
                }
                written
            })
            .collect();
        json!({"type": "batch", "batch": {"steps": steps}})
    };
    let mut requests: Vec<Value> = batches.iter().map(batch).collect();
    requests.push(json!({"type": "close"}));
    json!({"baton": null, "requests": requests}).to_string().into_bytes()
}

/// What became of a batch: of each step nothing, rows, or an error; or the server refused all of it.
pub(crate) type Ran = Result<Vec<Option<Result<Rows, Said>>>, Said>;

/// An error, as the server says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) message: String,
    pub(crate) code: String,
}

impl Said {
    fn read(error: &Value) -> Said {
        let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
        let message = text("message");
        let message = message.strip_prefix("SQLite error: ").unwrap_or(&message).to_owned();
        Said { message, code: text("code") }
    }

    /// Whether it only says that others were in the way.
    pub(crate) fn is_busy(&self) -> bool {
        let codes = ["BUSY", "LOCKED", "TIMEOUT", "TOO_MANY"];
        let is_busy = codes.iter().any(|code| self.code.contains(code)) || self.message.contains("database is locked");
        is_busy && !self.is_blocked()
    }

    pub(crate) fn is_about_permission(&self) -> bool {
        ["AUTH", "PERMISSION", "FORBIDDEN"].iter().any(|code| self.code.contains(code))
    }

    /// Whether the server takes nothing at all now.
    pub(crate) fn is_blocked(&self) -> bool {
        self.code.contains("BLOCKED")
    }

    pub(crate) fn into_failure(self, address: &str) -> Failure {
        let message =
            if self.code.is_empty() { self.message.clone() } else { format!("{} [{}]", self.message, self.code) };
        match () {
            () if self.is_busy() => Failure::Busy(message),
            () if self.is_about_permission() => Failure::Unauthorized(format!("{address}: {message}")),
            () => Failure::Refused(message),
        }
    }
}

/// Reads the answer to [`pipeline`] for so many batches.
pub(crate) fn answer(body: &[u8], batches: usize) -> Result<Vec<Ran>, String> {
    let answer: Value = serde_json::from_slice(body).map_err(|error| format!("the answer is no JSON: {error}"))?;
    let results = answer["results"].as_array().filter(|results| results.len() >= batches);
    let results = results.ok_or_else(|| "the answer has no `results`".to_owned())?;
    results.iter().take(batches).map(ran).collect()
}

fn ran(result: &Value) -> Result<Ran, String> {
    match result["type"].as_str() {
        Some("error") => Ok(Err(Said::read(&result["error"]))),
        Some("ok") => {
            let result = &result["response"]["result"];
            let list = |name: &str| result[name].as_array().ok_or_else(|| format!("the answer has no `{name}`"));
            let (results, errors) = (list("step_results")?, list("step_errors")?);
            let steps = results.iter().zip(errors).map(|(result, error)| match (result, error) {
                (_, error) if !error.is_null() => Ok(Some(Err(Said::read(error)))),
                (result, _) if !result.is_null() => rows(result).map(|rows| Some(Ok(rows))),
                _ => Ok(None),
            });
            steps.collect::<Result<_, String>>().map(Ok)
        }
        _ => Err("the answer has a result of an unknown type".to_owned()),
    }
}

fn rows(result: &Value) -> Result<Rows, String> {
    let list = |name: &str| result[name].as_array().cloned().unwrap_or_default();
    let columns = list("cols").iter().map(|column| column["name"].as_str().unwrap_or_default().to_owned()).collect();
    let row = |row: &Value| row.as_array().into_iter().flatten().map(cell).collect();
    Ok(Rows { columns, rows: list("rows").iter().map(row).collect::<Result<_, String>>()? })
}

fn cell(value: &Value) -> Result<Cell, String> {
    let wrong = || format!("the answer has a value that cannot be read: {value}");
    let inner = &value["value"];
    match value["type"].as_str() {
        Some("null") => Ok(Cell::Null),
        // As a text, since a number of JSON may not hold it.
        Some("integer") => inner.as_str().and_then(|text| text.parse().ok()).map(Cell::Integer).ok_or_else(wrong),
        Some("float") => inner.as_f64().map(Cell::Real).ok_or_else(wrong),
        Some("text") => inner.as_str().map(|text| Cell::Text(text.to_owned())).ok_or_else(wrong),
        Some("blob") => {
            let text = value["base64"].as_str().ok_or_else(wrong)?.trim_end_matches('=');
            STANDARD_NO_PAD.decode(text).map(Cell::Blob).map_err(|_| wrong())
        }
        _ => Err(wrong()),
    }
}
