//! Time. On `wasm32-unknown-unknown` the standard library has none, and asked for it, it panics: there everything takes no time, and
//! nobody is waited for, since no other thread or process could give a lock back meanwhile.

#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
mod here {
    pub(crate) use std::thread::sleep;
    pub(crate) use std::time::Instant;

    pub(crate) const CAN_WAIT: bool = true;
}

#[cfg(all(target_family = "wasm", target_os = "unknown"))]
mod here {
    use std::time::Duration;

    #[derive(Clone, Copy, Debug)]
    pub(crate) struct Instant;

    impl Instant {
        pub(crate) fn now() -> Instant {
            Instant
        }

        pub(crate) fn elapsed(self) -> Duration {
            Duration::ZERO
        }
    }

    pub(crate) fn sleep(_: Duration) {}

    pub(crate) const CAN_WAIT: bool = false;
}

pub(crate) use here::{CAN_WAIT, Instant, sleep};
