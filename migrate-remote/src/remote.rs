//! The builder, and what can be asked of it.

use std::time::Duration;

use migrate_core::{Migrations, Migrator, Plan, Report, Status, Version};

use crate::engine::Engine;
use crate::error::Error;
use crate::run::Run;
use crate::sqld::Sqld;

/// A database on a server, and how to speak to it.
///
/// ```no_run
/// # mod db { migrate::migrations!("tests/fixtures/notes"); }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use migrate_remote::Remote;
///
/// let remote = Remote::new("libsql://notes-example.turso.io")?.auth_token(&std::env::var("TOKEN")?);
/// println!("{}", remote.status(&db::MIGRATIONS)?);
/// let report = remote.run(&db::MIGRATIONS)?;
/// println!("{report}");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "nothing happens until `run`, `plan` or `status`"]
pub struct Remote<E = Sqld> {
    pub(crate) engine: E,
    pub(crate) retry_for: Duration,
}

impl Remote<Sqld> {
    /// The libSQL server at `http://…`, `https://…` or `libsql://…`; nothing is sent yet.
    ///
    /// A token may be part of the address (`?authToken=…`), and so may a user and a password. Neither is ever printed.
    ///
    /// # Errors
    ///
    /// [`Error::Address`].
    pub fn new(address: &str) -> Result<Remote<Sqld>, Error> {
        Sqld::new(address).map(Remote::with_engine)
    }

    /// The token that the server asks for.
    pub fn auth_token(mut self, token: &str) -> Self {
        self.engine = self.engine.auth_token(token);
        self
    }

    /// Which of the server's databases: sqld has several with `--enable-namespaces`. Without this it is the one that the host's name
    /// begins with.
    ///
    /// ```no_run
    /// # mod db { migrate::migrations!("tests/fixtures/notes"); }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use migrate_remote::Remote;
    ///
    /// for tenant in ["north", "south"] {
    ///     let report = Remote::new("http://127.0.0.1:8080")?.namespace(tenant).run(&db::MIGRATIONS)?;
    ///     println!("{tenant}: {report}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn namespace(mut self, name: &str) -> Self {
        self.engine = self.engine.namespace(name);
        self
    }

    /// How long one request may take, by default a minute. All that is committed together is one request.
    ///
    /// ```
    /// # mod db { migrate::migrations!("tests/fixtures/notes"); }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use std::time::Duration;
    ///
    /// use migrate_remote::Remote;
    ///
    /// // An index of a large table is made in one request.
    /// let remote = Remote::new("http://127.0.0.1:8080")?.timeout(Duration::from_secs(600));
    /// # drop(remote);
    /// # Ok(())
    /// # }
    /// ```
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.engine = self.engine.timeout(timeout);
        self
    }

    /// The certificates (PEM) to believe, in place of those that browsers believe: for a server of your own.
    ///
    /// ```
    /// # mod db { migrate::migrations!("tests/fixtures/notes"); }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use migrate_remote::{Error, Remote};
    ///
    /// let remote = Remote::new("https://127.0.0.1:8080")?;
    /// assert!(matches!(remote.root_certificates("no certificate"), Err(Error::Address { .. })));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Address`] where there is no certificate in the text.
    #[cfg(feature = "tls")]
    pub fn root_certificates(mut self, pem: &str) -> Result<Self, Error> {
        self.engine = self.engine.root_certificates(pem)?;
        Ok(self)
    }
}

impl<E: Engine> Remote<E> {
    /// Another kind of server.
    ///
    /// ```
    /// # mod db { migrate::migrations!("tests/fixtures/notes"); }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use migrate_remote::{Remote, Rqlite};
    ///
    /// let remote = Remote::with_engine(Rqlite::new("rqlite://127.0.0.1:4001")?);
    /// # drop(remote);
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_engine(engine: E) -> Remote<E> {
        Remote { engine, retry_for: Duration::from_secs(10) }
    }

    /// What it speaks to.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use migrate_remote::{Engine, Remote};
    ///
    /// let remote = Remote::new("http://127.0.0.1:8080")?;
    /// assert_eq!(remote.engine().address(), "http://127.0.0.1:8080");
    /// # Ok(())
    /// # }
    /// ```
    pub fn engine(&self) -> &E {
        &self.engine
    }

    /// For how long a server that cannot be reached, or does not answer, is tried again; by default 10 seconds.
    ///
    /// How long others are waited for is the [`lock_timeout`](Migrator::lock_timeout) of the migrator.
    ///
    /// ```
    /// # mod db { migrate::migrations!("tests/fixtures/notes"); }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use std::time::Duration;
    ///
    /// use migrate_remote::{Error, Remote};
    ///
    /// // Nobody is there: it is asked again for a while, and then said.
    /// let remote = Remote::new("http://127.0.0.1:9")?.retry_for(Duration::from_millis(100));
    /// assert!(matches!(remote.status(&db::MIGRATIONS), Err(Error::Unreachable { .. })));
    /// # Ok(())
    /// # }
    /// ```
    pub fn retry_for(mut self, time: Duration) -> Self {
        self.retry_for = time;
        self
    }

    /// Brings the database to the latest version, or leaves it as it was.
    ///
    /// As [`Migrations::run`] does with a file: what is pending is committed as a whole, several programs may start at once, and where
    /// there is nothing to do one row is read.
    ///
    /// # Errors
    ///
    /// Any [`Error`]; its message says in which state the database is.
    pub fn run<V: Version>(&self, migrations: &Migrations<V>) -> Result<Report<V>, Error> {
        self.run_with(&migrations.migrator())
    }

    /// As [`run`](Remote::run), with the options of a migrator: `target`, `allow_down`, `atomicity`, `drift`, `lock_timeout`, `shared`
    /// and `adopt`. Those that concern a connection or a file, like backups, an observer and progress, do nothing here.
    ///
    /// ```no_run
    /// # mod db { migrate::migrations!("tests/fixtures/notes"); }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use migrate::Atomicity;
    /// use migrate_remote::Remote;
    ///
    /// let remote = Remote::new("http://127.0.0.1:8080")?;
    /// remote.run_with(&db::migrator().atomicity(Atomicity::Each))?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Any [`Error`]; its message says in which state the database is.
    pub fn run_with<V: Version>(&self, migrator: &Migrator<'_, V>) -> Result<Report<V>, Error> {
        Run::new(&self.engine, self.retry_for, migrator)?.run(false)
    }

    /// Does what [`run`](Remote::run) would do, on the server, and rolls it back.
    ///
    /// It ends before what would be another request: migrations with another `foreign_keys`.
    /// [`Report::untried`] says so.
    ///
    /// # Errors
    ///
    /// Those of [`run`](Remote::run).
    pub fn dry_run<V: Version>(&self, migrations: &Migrations<V>) -> Result<Report<V>, Error> {
        self.dry_run_with(&migrations.migrator())
    }

    /// As [`dry_run`](Remote::dry_run), with the options of a migrator.
    ///
    /// ```no_run
    /// # mod db { migrate::migrations!("tests/fixtures/notes"); }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use migrate_remote::Remote;
    ///
    /// let remote = Remote::new("http://127.0.0.1:8080")?;
    /// let first = db::migrator().target(db::Version::LATEST);
    /// println!("{}", remote.status_with(&first)?);
    /// println!("{}", remote.plan_with(&first)?);
    /// println!("{}", remote.dry_run_with(&first)?);
    /// println!("{}", remote.run_with(&first)?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`run`](Remote::run).
    pub fn dry_run_with<V: Version>(&self, migrator: &Migrator<'_, V>) -> Result<Report<V>, Error> {
        Run::new(&self.engine, self.retry_for, migrator)?.run(true)
    }

    /// What [`run`](Remote::run) would do now; reads only. The server is asked whether it would take each statement.
    ///
    /// ```no_run
    /// # mod db { migrate::migrations!("tests/fixtures/notes"); }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use migrate_remote::Remote;
    ///
    /// let remote = Remote::new("http://127.0.0.1:8080")?;
    /// println!("{}", remote.plan(&db::MIGRATIONS)?);
    /// println!("{}", remote.dry_run(&db::MIGRATIONS)?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those with which `run` would refuse.
    pub fn plan<V: Version>(&self, migrations: &Migrations<V>) -> Result<Plan<V>, Error> {
        self.plan_with(&migrations.migrator())
    }

    /// As [`plan`](Remote::plan), with the options of a migrator.
    ///
    /// # Errors
    ///
    /// Those with which `run` would refuse.
    pub fn plan_with<V: Version>(&self, migrator: &Migrator<'_, V>) -> Result<Plan<V>, Error> {
        Run::new(&self.engine, self.retry_for, migrator)?.plan()
    }

    /// Where the database is, migration by migration; reads only.
    ///
    /// # Errors
    ///
    /// Where the server cannot be asked.
    pub fn status<V: Version>(&self, migrations: &Migrations<V>) -> Result<Status<V>, Error> {
        self.status_with(&migrations.migrator())
    }

    /// As [`status`](Remote::status), with the options of a migrator.
    ///
    /// # Errors
    ///
    /// Where the server cannot be asked.
    pub fn status_with<V: Version>(&self, migrator: &Migrator<'_, V>) -> Result<Status<V>, Error> {
        Run::new(&self.engine, self.retry_for, migrator)?.status()
    }
}
