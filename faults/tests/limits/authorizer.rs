//! An authorizer that denies: the n-th action, or every one of a kind.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use migrate_core::Error;
use rusqlite::ffi;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization, TransactionOperation};

use crate::scene::{Kind, Scene};
use crate::sweep::{Tally, every};
use crate::trial::{Trial, is};

type Authorizer = fn(AuthContext<'_>) -> Authorization;

#[test]
fn every_action() {
    for kind in Kind::ALL {
        let scene = Scene::new(kind, 12, 4096);
        let mut tally = Tally::default();
        let (mut n, mut met) = (1, true);
        let mut count = 0;
        while met {
            let point = || {
                let mut trial = Trial::new(&scene, format!("action {n}"));
                let calls = Arc::new(AtomicU64::new(0));
                let counter = Arc::clone(&calls);
                let authorizer = move |_: AuthContext<'_>| {
                    if counter.fetch_add(1, Ordering::Relaxed) + 1 == n {
                        Authorization::Deny
                    } else {
                        Authorization::Allow
                    }
                };
                trial.conn.authorizer(Some(authorizer)).expect("an authorizer");
                let outcome = trial.run();
                trial.conn.authorizer(None::<Authorizer>).expect("no authorizer");
                count = calls.load(Ordering::Relaxed);
                met = count >= n;
                trial.judge(&outcome, is_denied)
            };
            tally.add(point);
            n += every(29);
        }
        tally.end(&format!("{kind:?}, one of {count} actions denied"));
        assert!(count > 100, "{count}");
    }
}

#[test]
fn every_kind_of_action() {
    for kind in Kind::ALL {
        let scene = Scene::new(kind, 12, 4096);
        let seen = Arc::new(Mutex::new(BTreeSet::new()));
        let mut trial = Trial::new(&scene, "nothing denied".to_owned());
        let log = Arc::clone(&seen);
        let authorizer = move |context: AuthContext<'_>| {
            log.lock().expect("nobody panics").extend(word(&context.action));
            Authorization::Allow
        };
        trial.conn.authorizer(Some(authorizer)).expect("an authorizer");
        trial.run().expect("nothing is denied");
        let mut tally = Tally::default();
        for denied in seen.lock().expect("nobody panics").iter() {
            let point = || {
                let mut trial = Trial::new(&scene, format!("{denied} denied"));
                let denied = denied.clone();
                let authorizer = move |context: AuthContext<'_>| {
                    if word(&context.action).as_ref() == Some(&denied) {
                        Authorization::Deny
                    } else {
                        Authorization::Allow
                    }
                };
                trial.conn.authorizer(Some(authorizer)).expect("an authorizer");
                let outcome = trial.run();
                trial.conn.authorizer(None::<Authorizer>).expect("no authorizer");
                trial.judge(&outcome, is_denied)
            };
            tally.add(point);
        }
        tally.end(&format!("{kind:?}, a kind of actions denied"));
    }
}

/// Some objections come as an error without a code of their own.
fn is_denied(error: &Error) -> bool {
    let vacuums = match error {
        Error::Backup { .. } => true,
        Error::Statement(failed) => failed.statement == "VACUUM",
        _ => false,
    };
    let in_vacuum = vacuums && is(error, &[ffi::SQLITE_ERROR]);
    in_vacuum || is(error, &[ffi::SQLITE_AUTH]) || error.to_string().contains("not authorized")
}

/// The kind of an action, and which setting it is about. To deny ROLLBACK for ever is to ask for a transaction that stays open,
/// and to deny DETACH for ever is to ask for a backup that stays attached.
fn word(action: &AuthAction<'_>) -> Option<String> {
    match action {
        AuthAction::Transaction { operation } => {
            (*operation != TransactionOperation::Rollback).then(|| format!("{operation:?}"))
        }
        AuthAction::Detach { .. } => None,
        AuthAction::Pragma { pragma_name, .. } => Some(format!("Pragma {pragma_name}")),
        _ => format!("{action:?}").split([' ', '{']).next().map(str::to_owned),
    }
}
