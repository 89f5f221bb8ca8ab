//! rqlite: SQLite on several nodes, which agree on statements and run each for themselves.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use migrate_core::rusqlite::types::Value;
use serde_json::{Value as Json, json};
use ureq::Agent;

use crate::address::Address;
use crate::engine::{Answer, Engine, Failure, Recency, Refused, Rows, Transaction};
use crate::error::Error;
use crate::http;

/// Fails on purpose, at the end of what is only tried.
const TRIED: &str = "SELECT json_extract('{}', 'only tried')";

/// How SQLite says that it did.
const IS_TRIED: &str = "only tried";

/// A node of a cluster of rqlite; it passes on what only the leader can do.
///
/// Every node runs the statements for itself, so nothing in a migration may depend on a clock or on chance: say `target = "rqlite"` in
/// `migrate.toml`, and the compiler finds it. What this crate itself writes depends on neither; the time in the history is that of
/// the program that migrates, and how long a migration took is not recorded.
///
/// Tried with rqlite 8.26.8.
///
/// ```no_run
/// # mod db { migrate::migrations!("tests/fixtures/notes"); }
/// use migrate_remote::{Remote, Rqlite};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let remote = Remote::with_engine(Rqlite::new("rqlite://127.0.0.1:4001")?);
/// println!("{}", remote.run(&db::MIGRATIONS)?);
/// # Ok(())
/// # }
/// ```
pub struct Rqlite {
    address: Address,
    authorization: Option<String>,
    agent: Agent,
}

impl Rqlite {
    /// The node at `rqlite://host:port` or `http://host:port`, with TLS at `rqlites://…` or `https://…`; nothing is sent yet. A user and a
    /// password may stand before the host.
    ///
    /// # Errors
    ///
    /// [`Error::Address`] where that is none of these.
    pub fn new(address: &str) -> Result<Rqlite, Error> {
        let address = match address.split_once("://") {
            Some(("rqlite", rest)) => format!("http://{rest}"),
            Some(("rqlites", rest)) => format!("https://{rest}"),
            _ => address.to_owned(),
        };
        let (address, secrets) = Address::parse(&address)?;
        if address.is_secure && !cfg!(feature = "tls") {
            let why = "this build has no TLS: turn on the feature `tls`";
            return Err(Error::Address { address: address.to_string(), why });
        }
        if address.namespace.is_some() || secrets.token.is_some() {
            let address = Address { namespace: None, ..address }.to_string();
            return Err(Error::Address { address, why: "rqlite knows neither namespaces nor tokens" });
        }
        let authorization = secrets.user.map(|user| format!("Basic {}", STANDARD.encode(user)));
        let agent = http::agent(&address, Duration::from_secs(60), &None);
        Ok(Rqlite { address, authorization, agent })
    }

    /// How long one request may take, by default a minute. A migration is one request.
    ///
    /// ```
    /// # mod db { migrate::migrations!("tests/fixtures/notes"); }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use std::time::Duration;
    ///
    /// use migrate_remote::{Engine, Rqlite};
    ///
    /// let node = Rqlite::new("rqlite://user:secret@127.0.0.1:4001")?.timeout(Duration::from_secs(600));
    /// assert!(!node.address().contains("secret"), "{}", node.address());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Rqlite {
        self.agent = http::agent(&self.address, timeout, &None);
        self
    }

    /// Sends statements; an answer for each that was reached.
    fn ask(&self, path: &str, statements: &[&str]) -> Result<Vec<Answer>, Failure> {
        let body = json!(statements).to_string();
        let headers: Vec<_> = self.authorization.iter().map(|value| ("authorization", value.as_str())).collect();
        let said = http::post(&self.agent, &self.address, path, &headers, body.as_bytes())?;
        let wrong = |why: &str| Failure::NoServer(format!("{}: {why}", self.address));
        let said: Json = serde_json::from_slice(&said).map_err(|_| wrong("the answer is no JSON"))?;
        // There is no leader now, or the node passed the request on, and heard no more: it may have been carried out.
        if let Some(error) = said["error"].as_str() {
            return Err(Failure::Lost(format!("{}: {error}", self.address)));
        }
        let results = said["results"].as_array().ok_or_else(|| wrong("the answer has no results"))?;
        Ok(results.iter().map(answer).collect())
    }
}

impl Engine for Rqlite {
    fn name(&self) -> &'static str {
        "rqlite"
    }

    fn address(&self) -> String {
        self.address.to_string()
    }

    fn read(&self, queries: &[&str], recency: Recency) -> Result<Vec<Answer>, Failure> {
        // `strong` goes through the log, behind whatever is being carried out.
        let path = match recency {
            Recency::Newest | Recency::Committed => "/db/query?level=strong&transaction",
            Recency::Any => "/db/query?level=weak&transaction",
        };
        let answers = self.ask(path, queries)?;
        let missing = queries.len().saturating_sub(answers.len());
        let none = std::iter::repeat_with(|| Err("there is no answer".to_owned())).take(missing);
        Ok(answers.into_iter().chain(none).collect())
    }

    fn refused(&self, statements: &[&str]) -> Result<Vec<Refused>, Failure> {
        // Nothing asks rqlite whether it would read a statement. But these it would run, in the middle of a transaction of its own.
        let control = ["BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE"];
        let refused = |(index, sql): (usize, &&str)| {
            let first = sql.split(|c: char| !c.is_ascii_alphabetic()).find(|word| !word.is_empty())?;
            let is_control = control.iter().any(|word| first.eq_ignore_ascii_case(word));
            is_control.then(|| Refused { index, message: format!("`{first}` would end the transaction") })
        };
        Ok(statements.iter().enumerate().filter_map(refused).collect())
    }

    fn transact(&self, transaction: &Transaction<'_>) -> Result<Rows, Failure> {
        let refused = self.refused(&transaction.statements)?;
        if let Some(Refused { index, message }) = refused.into_iter().next() {
            return Err(Failure::Statement { index, message });
        }
        // A node keeps what it was started with (`-fk`), and all nodes have to be alike in it.
        let wants = i32::from(transaction.foreign_keys);
        let is_so = format!(
            "SELECT CASE WHEN foreign_keys = {wants} THEN 1 ELSE json_extract('{{}}', 'foreign keys') END FROM pragma_foreign_keys"
        );
        let mut statements = vec![is_so.as_str()];
        statements.extend(&transaction.statements);
        if !transaction.commit {
            statements.push(TRIED);
        }
        // Without `noparse` statements are rewritten, and all but the first of a text are dropped.
        let answers = self.ask("/db/request?transaction&noparse&level=strong", &statements)?;
        let failed = answers.iter().position(Result::is_err);
        let Some(index) = failed else {
            if answers.len() < statements.len() {
                return Err(Failure::Lost(format!("{}: not every statement was answered", self.address)));
            }
            return answers.into_iter().next_back().unwrap_or_else(|| Ok(Rows::default())).map_err(Failure::Refused);
        };
        let message = answers.into_iter().nth(index).and_then(Result::err).unwrap_or_default();
        let is_tried = !transaction.commit && index + 1 == statements.len() && message.contains(IS_TRIED);
        match index {
            _ if is_tried => Ok(Rows::default()),
            0 if transaction.foreign_keys => Err(Failure::Refused(
                "this migration asks for foreign keys, and the nodes were started without `-fk`".to_owned(),
            )),
            0 => Err(Failure::Refused(
                "the nodes were started with `-fk`, and foreign keys have to be off while migrations run".to_owned(),
            )),
            _ => Err(Failure::Statement { index: index - 1, message }),
        }
    }

    fn is_replicated_by_statement(&self) -> bool {
        true
    }
}

/// `{"columns": […], "types": […], "values": [[…]]}`, or `{"error": …}`.
fn answer(result: &Json) -> Answer {
    if let Some(error) = result["error"].as_str() {
        return Err(error.to_owned());
    }
    let texts = |key: &str| -> Vec<String> {
        let list = result[key].as_array().map(Vec::as_slice).unwrap_or_default();
        list.iter().map(|text| text.as_str().unwrap_or_default().to_owned()).collect()
    };
    let types = texts("types");
    let row = |row: &Json| -> Vec<Value> {
        let cells = row.as_array().map(Vec::as_slice).unwrap_or_default();
        cells.iter().enumerate().map(|(at, cell)| value(cell, types.get(at).map(String::as_str))).collect()
    };
    let rows = result["values"].as_array().map(Vec::as_slice).unwrap_or_default();
    Ok(Rows { columns: texts("columns"), rows: rows.iter().map(row).collect() })
}

fn value(cell: &Json, kind: Option<&str>) -> Value {
    match cell {
        Json::Null => Value::Null,
        Json::Bool(truth) => Value::Integer(i64::from(*truth)),
        Json::Number(number) => match number.as_i64() {
            Some(integer) if kind != Some("real") => Value::Integer(integer),
            _ => Value::Real(number.as_f64().unwrap_or_default()),
        },
        Json::String(text) => Value::Text(text.clone()),
        other => Value::Text(other.to_string()),
    }
}

impl fmt::Debug for Rqlite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rqlite").field("address", &self.address.base).finish_non_exhaustive()
    }
}
