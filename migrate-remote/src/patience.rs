//! Waiting, with pauses that grow and differ between programs, until it has been long enough.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::thread::sleep;
use std::time::{Duration, Instant};

pub(crate) struct Patience {
    limit: Duration,
    since: Option<Instant>,
    is_from_now: bool,
    pause: Duration,
}

const FIRST: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_secs(1);

impl Patience {
    /// From the first failure on: what fails may have taken long itself.
    pub(crate) fn new(limit: Duration) -> Patience {
        Patience { limit, since: None, is_from_now: false, pause: FIRST }
    }

    /// From now on.
    pub(crate) fn from_now(limit: Duration) -> Patience {
        Patience { since: Some(Instant::now()), is_from_now: true, ..Patience::new(limit) }
    }

    /// Waits a little, or says how long it has been.
    pub(crate) fn wait(&mut self) -> Result<(), Duration> {
        let since = *self.since.get_or_insert_with(Instant::now);
        let waited = since.elapsed();
        if waited >= self.limit {
            return Err(waited);
        }
        let random = RandomState::new().hash_one(0) % 1024;
        sleep(self.pause.mul_f64(0.5 + random as f64 / 2048.0).min(self.limit - waited));
        self.pause = (self.pause * 2).min(LONGEST);
        Ok(())
    }

    /// It got on: from now on it is counted anew.
    pub(crate) fn renew(&mut self) {
        self.pause = FIRST;
        self.since = self.is_from_now.then(Instant::now);
    }
}
