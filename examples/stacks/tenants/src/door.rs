//! What a tenant's requests pass before they get a thread: one opens the database, and only a few work on it at once.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore};
use tokio::task;

use crate::error::{Error, Refusal};

/// How long nobody tries again what was refused.
const QUARANTINE: Duration = Duration::from_secs(2);

/// How many requests of one tenant have a thread at once. The threads are for all tenants: those who wait for one file would else
/// take them from those who want another.
const AT_ONCE: usize = 4;

#[derive(Debug)]
pub(crate) struct Door {
    opened: OnceCell<()>,
    places: Arc<Semaphore>,
    refused: Mutex<Option<(Instant, Refusal)>>,
}

impl Door {
    pub(crate) fn new() -> Door {
        Door { opened: OnceCell::new(), places: Arc::new(Semaphore::new(AT_ONCE)), refused: Mutex::default() }
    }

    /// The first who comes opens the database, on a thread for blocking work. The others wait here, on no thread; if it is refused,
    /// so are they.
    pub(crate) async fn pass(
        &self,
        open: impl FnOnce() -> Result<(), Error> + Send + 'static,
    ) -> Result<OwnedSemaphorePermit, Error> {
        let opened = self.opened.get_or_try_init(|| async {
            self.look()?;
            task::spawn_blocking(open).await?
        });
        opened.await.inspect_err(|error| self.refuse(error))?;
        let place = Arc::clone(&self.places).acquire_owned().await.expect("it is never closed");
        self.look()?;
        Ok(place)
    }

    /// Remembers an error that the next request would meet too.
    pub(crate) fn refuse(&self, error: &Error) {
        let again = match error {
            // Without a try: that does not make it last longer.
            Error::Quarantined(_) => false,
            // Another may be in the middle of writing, and those who only read go on.
            Error::Sqlite(_) => error.refusal() == Some(Refusal::Damaged),
            _ => true,
        };
        if let (true, Some(refusal)) = (again, error.refusal()) {
            *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), refusal));
        }
    }

    /// Whether it is shut, and why.
    pub(crate) fn refusal(&self) -> Option<Refusal> {
        let refused = *self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.filter(|(since, _)| since.elapsed() < QUARANTINE).map(|(_, refusal)| refusal)
    }

    fn look(&self) -> Result<(), Error> {
        self.refusal().map_or(Ok(()), |refusal| Err(Error::Quarantined(refusal)))
    }
}
