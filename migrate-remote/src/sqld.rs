//! sqld, the server of libSQL, which Turso runs: Hrana over HTTP.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use migrate_core::rusqlite::types::Value;
use ureq::Agent;

use crate::address::Address;
use crate::engine::{Answer, Engine, Failure, Recency, Refused, Rows, Transaction};
use crate::error::Error;
use crate::hrana::{Ran, Step, When, answer, pipeline};
use crate::http;

/// How many statements are asked about at once.
const ASKED: usize = 400;

/// A replica answers by itself what only reads, `BEGIN IMMEDIATE` included, and passes on to its primary what may write, as a whole.
/// This counts as that, and changes nothing.
const ASK_PRIMARY: &str = "PRAGMA foreign_keys";

/// Which database it is.
const WHICH: &str = "SELECT libsql_server_database_name()";

/// A libSQL server.
///
/// Every request is complete in itself: a transaction that is open between two of them would be ended by the server once another
/// client has waited for five seconds, and what follows would then be committed statement by statement.
///
/// ```
/// # mod db { migrate::migrations!("tests/fixtures/notes"); }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
///
/// use migrate_remote::{Engine, Recency, Remote, Sqld};
///
/// let sqld = Sqld::new("libsql://notes-example.turso.io")?
///     .auth_token("a token, which is never printed")
///     .timeout(Duration::from_secs(20));
/// assert_eq!((sqld.name(), sqld.address().as_str()), ("sqld", "https://notes-example.turso.io"));
/// let remote = Remote::with_engine(sqld);
/// # drop(remote);
/// # Ok(())
/// # }
/// ```
pub struct Sqld {
    address: Address,
    authorization: Option<String>,
    timeout: Duration,
    roots: http::Roots,
    agent: Agent,
}

impl Sqld {
    /// The server at `http://…`, `https://…` or `libsql://…`; nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`Error::Address`] where that is none of these.
    pub fn new(address: &str) -> Result<Sqld, Error> {
        let (address, secrets) = Address::parse(address)?;
        if address.is_secure && !cfg!(feature = "tls") {
            return Err(Error::Address {
                address: address.to_string(),
                why: "this build has no TLS: turn on the feature `tls`",
            });
        }
        let bearer = secrets.token.map(|token| format!("Bearer {token}"));
        let basic = secrets.user.map(|user| format!("Basic {}", STANDARD.encode(user)));
        let timeout = Duration::from_secs(60);
        let agent = http::agent(&address, timeout, &None);
        Ok(Sqld { address, authorization: bearer.or(basic), timeout, roots: None, agent })
    }

    /// The token that the server asks for. It is sent, and never printed.
    #[must_use]
    pub fn auth_token(mut self, token: &str) -> Sqld {
        self.authorization = Some(format!("Bearer {token}"));
        self
    }

    /// Which of the server's databases: sqld has several with `--enable-namespaces`.
    ///
    /// Without this it is the one that the host's name begins with, `tenant` in `http://tenant.example.org:8080`. It can stand in the
    /// address too: `http://127.0.0.1:8080/?namespace=tenant`.
    ///
    /// ```
    /// # fn main() -> Result<(), migrate_remote::Error> {
    /// use migrate_remote::{Engine, Sqld};
    ///
    /// let tenant = Sqld::new("http://127.0.0.1:8080")?.namespace("tenant");
    /// assert_eq!(tenant.address(), "http://127.0.0.1:8080/?namespace=tenant");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn namespace(mut self, name: &str) -> Sqld {
        self.address.namespace = Some(name.to_owned());
        self
    }

    /// How long one request may take, by default a minute. A migration is one request.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Sqld {
        self.timeout = timeout;
        self.agent = http::agent(&self.address, timeout, &self.roots);
        self
    }

    /// The certificates (PEM) to believe, in place of those that browsers believe: for a server of your own.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use migrate_remote::{Error, Sqld};
    ///
    /// let sqld = Sqld::new("https://127.0.0.1:8080")?;
    /// assert!(matches!(sqld.root_certificates("no certificate"), Err(Error::Address { .. })));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Address`] where there is no certificate in the text.
    #[cfg(feature = "tls")]
    pub fn root_certificates(mut self, pem: &str) -> Result<Sqld, Error> {
        let certificates: Vec<_> = ureq::tls::parse_pem(pem.as_bytes())
            .filter_map(|item| if let Ok(ureq::tls::PemItem::Certificate(it)) = item { Some(it) } else { None })
            .collect();
        if certificates.is_empty() {
            return Err(Error::Address {
                address: self.address.to_string(),
                why: "there is no certificate to believe in the text",
            });
        }
        self.roots = Some(ureq::tls::RootCerts::from(certificates));
        self.agent = http::agent(&self.address, self.timeout, &self.roots);
        Ok(self)
    }

    fn ask(&self, batches: &[Vec<Step<'_>>]) -> Result<Vec<Ran>, Failure> {
        let body = pipeline(batches);
        let namespace = self.address.namespace.as_ref().map(|name| STANDARD_NO_PAD.encode(name));
        let headers = [("authorization", &self.authorization), ("x-namespace-bin", &namespace)];
        let headers: Vec<_> = headers.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?))).collect();
        let said = http::post(&self.agent, &self.address, "/v3/pipeline", &headers, &body)?;
        answer(&said, batches.len()).map_err(|why| Failure::NoServer(format!("{}: {why}", self.address)))
    }

    /// A server without namespaces takes no notice of the one that is asked for, and answers for the only database that it has.
    fn is_meant(&self, which: &Rows) -> Result<(), Failure> {
        match (&self.address.namespace, which.first()) {
            (Some(name), Some(Value::Text(found))) if name != found => Err(Failure::NoDatabase(format!(
                "{}: the database that answers is `{found}`; the server was started without `--enable-namespaces`",
                self.address
            ))),
            _ => Ok(()),
        }
    }

    fn ask_one(&self, batch: Vec<Step<'_>>) -> Result<Ran, Failure> {
        let none = || Failure::NoServer(format!("{}: the answer is empty", self.address));
        self.ask(&[batch])?.pop().ok_or_else(none)
    }
}

impl Engine for Sqld {
    fn name(&self) -> &'static str {
        "sqld"
    }

    fn address(&self) -> String {
        self.address.to_string()
    }

    fn read(&self, queries: &[&str], recency: Recency) -> Result<Vec<Answer>, Failure> {
        let before: &[&str] = match recency {
            Recency::Newest => &[ASK_PRIMARY, "BEGIN IMMEDIATE"],
            Recency::Committed => &[ASK_PRIMARY, "BEGIN"],
            Recency::Any => &["BEGIN"],
        };
        let mut steps: Vec<_> = before.iter().map(|sql| Step { sql, when: When::Always }).collect();
        steps.extend(queries.iter().map(|sql| Step { sql, when: When::InTransaction }));
        steps.push(Step { sql: WHICH, when: When::InTransaction });
        steps.push(Step { sql: "ROLLBACK", when: When::InTransaction });
        let mut ran = self.ask_one(steps)?.map_err(|said| said.into_failure(&self.address()))?;
        // The pragma itself may be refused: what counts is who was asked.
        if let Some(Some(Err(said))) = ran.get(before.len() - 1) {
            return Err(said.clone().into_failure(&self.address()));
        }
        if let Some(Some(Ok(which))) = ran.get(before.len() + queries.len()) {
            self.is_meant(which)?;
        }
        let ran = ran.drain(before.len()..);
        let answers = ran.take(queries.len()).map(|step| match step {
            Some(Ok(rows)) => Ok(Ok(rows)),
            Some(Err(said)) if said.is_busy() => Err(Failure::Busy(said.message)),
            Some(Err(said)) => Ok(Err(said.message)),
            None => Err(Failure::Busy("the transaction was ended by the server".to_owned())),
        });
        answers.collect()
    }

    fn refused(&self, statements: &[&str]) -> Result<Vec<Refused>, Failure> {
        let mut refused = Vec::new();
        for (chunk, part) in statements.chunks(ASKED).enumerate() {
            // The server reads all of a batch before it runs any of it, and a step may be conditioned on what never is.
            let batches: Vec<Vec<Step<'_>>> = part.iter().map(|sql| vec![Step { sql, when: When::Never }]).collect();
            for (index, ran) in self.ask(&batches)?.into_iter().enumerate() {
                match ran {
                    Ok(_) => {}
                    Err(said) if said.is_busy() || said.is_about_permission() => {
                        return Err(said.into_failure(&self.address()));
                    }
                    Err(said) => refused.push(Refused { index: chunk * ASKED + index, message: said.message }),
                }
            }
        }
        Ok(refused)
    }

    fn transact(&self, transaction: &Transaction<'_>) -> Result<Rows, Failure> {
        let (set, is_set) = match transaction.foreign_keys {
            true => ("PRAGMA foreign_keys = ON", "foreign_keys = 1"),
            false => ("PRAGMA foreign_keys = OFF", "foreign_keys = 0"),
        };
        // Had the pragma no effect, to drop a table would delete the rows that refer to it.
        let is_set = format!(
            "SELECT CASE WHEN {is_set} THEN 1 ELSE json_extract('{{}}', 'not set') END FROM pragma_foreign_keys"
        );
        let before = ["PRAGMA", "BEGIN", "SELECT"].len();
        let mut steps = vec![
            Step { sql: set, when: When::Always },
            Step { sql: "BEGIN IMMEDIATE", when: When::After(0) },
            Step { sql: &is_set, when: When::InTransactionAfter(1) },
        ];
        let end = if transaction.commit { "COMMIT" } else { "ROLLBACK" };
        for sql in transaction.statements.iter().chain([&end]) {
            let when = When::InTransactionAfter(steps.len() - 1);
            steps.push(Step { sql, when });
        }
        steps.push(Step { sql: "ROLLBACK", when: When::InTransaction });
        let last = steps.len() - 2;
        let mut ran = self.ask_one(steps)?.map_err(|said| said.into_failure(&self.address()))?;
        // Once the server has taken the lock away every step that follows fails too, so the first one tells.
        let failed = ran.iter().position(|step| matches!(step, Some(Err(_))));
        let Some(index) = failed else {
            let is_done = matches!(ran.get(last), Some(Some(Ok(_))));
            return match ran.get_mut(last - 1).and_then(Option::take) {
                Some(Ok(rows)) if is_done => Ok(rows),
                _ => Err(Failure::Refused("the transaction was over before its end".to_owned())),
            };
        };
        let rolled_back = matches!(ran.last(), Some(Some(Ok(_))));
        let Some(Some(Err(said))) = ran.get_mut(index).map(Option::take) else {
            return Err(Failure::Lost("the answer cannot be read".to_owned()));
        };
        Err(match index {
            _ if index == last && transaction.commit && !rolled_back => {
                Failure::Lost(format!("COMMIT: {}", said.message))
            }
            _ if said.is_busy() || said.is_blocked() || index < before || index == last => {
                said.into_failure(&self.address())
            }
            _ => Failure::Statement { index: index - before, message: said.message },
        })
    }
}

impl fmt::Debug for Sqld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sqld")
            .field("address", &self.address.base)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
