//! What stands at the end of each verb's help. `cargo migrate` is the program's own form; an application's is alike.

pub(super) const STATUS: &str = "\
Examples:
  cargo migrate status --database app.db
  cargo migrate status --database 'tenants/*.db' --json
  DATABASE_URL=sqlite:app.db cargo migrate status";

pub(super) const PLAN: &str = "\
Examples:
  cargo migrate plan --database app.db
  cargo migrate plan --database app.db --to 3     the way to version 3, down if need be";

pub(super) const UP: &str = "\
Examples:
  cargo migrate up --database app.db
  cargo migrate up --database app.db --to 002_add_tags
  cargo migrate up --database app.db --dry-run
  cargo migrate up --database 'tenants/*.db'      one after the other, up to the first that fails";

pub(super) const DOWN: &str = "\
Examples:
  cargo migrate down --database app.db --to 2
  cargo migrate down --database app.db --to base --dry-run";

pub(super) const REDO: &str = "\
Examples:
  cargo migrate redo --database app.db";

pub(super) const VERIFY: &str = "\
Examples:
  cargo migrate verify --database app.db
  cargo migrate verify --database 'tenants/*.db'";

pub(super) const ADOPT: &str = "\
Examples:
  cargo migrate adopt --database app.db
  cargo migrate adopt --database app.db --at 3";

pub(super) const BACKUP: &str = "\
Examples:
  cargo migrate backup --database app.db";

pub(super) const ACCEPT_EDIT: &str = "\
Examples:
  cargo migrate repair accept-edit 3 --database app.db";

pub(super) const FORGET: &str = "\
Examples:
  cargo migrate repair forget 003_add_drafts --database app.db";

pub(super) const FLEET_STATUS: &str = "\
Examples:
  cargo migrate fleet status --database 'tenants/*.db'
  find /srv -name '*.db' | cargo migrate fleet status --files-from - --json";

pub(super) const FLEET_TRY: &str = "\
Examples:
  cargo migrate fleet dry-run --database 'tenants/*.db'";

pub(super) const FLEET_UP: &str = "\
Examples:
  cargo migrate fleet up --database 'tenants/*.db' --canary 20
  cargo migrate fleet up --database 'tenants/*.db' --max-failures 10 --quarantine failed.jsonl";

#[cfg(feature = "directory")]
pub(super) use files::*;

#[cfg(feature = "directory")]
mod files {
    pub(crate) const INIT: &str = "\
Examples:
  cargo migrate init
  cargo migrate init create notes";

    pub(crate) const NEW: &str = "\
Examples:
  cargo migrate new add tags              migrations/002_add_tags.sql
  cargo migrate new add tags --down       and 002_add_tags.down.sql
  cargo migrate new stricter notes --rebuild notes";

    pub(crate) const DIFF: &str = "\
Examples:
  cargo migrate diff add tags
  cargo migrate diff rename notes --rename notes=entries
  cargo migrate diff rename body --rename notes.body=text
  cargo migrate diff drop drafts --drop
  cargo migrate diff add kind --fill \"notes.kind='plain'\"
  cargo migrate diff number codes --convert notes.code";

    pub(crate) const SQUASH: &str = "\
Examples:
  cargo migrate squash --upto 20 --release 1.4
  cargo migrate squash --upto 020_add_tags --dry-run";

    pub(crate) const CHECK: &str = "\
Examples:
  cargo migrate check
  cargo migrate check --deny-warnings --json
  cargo migrate check --explain fails-on-data
  cargo migrate check --write             proof.lock, for builds without the feature `verify`";

    pub(crate) const DUMP: &str = "\
Examples:
  cargo migrate dump                      writes migrations/schema.sql
  cargo migrate dump --check              for CI";

    pub(crate) const LOCK: &str = "\
Examples:
  cargo migrate lock                      when a release is made
  cargo migrate lock --check              for CI, on a release";

    pub(crate) const SCHEMA: &str = "\
Examples:
  cargo migrate schema
  cargo migrate schema --at 2 --format json
  cargo migrate schema --format svg > schema.svg";

    pub(crate) const TIMELINE: &str = "\
Examples:
  cargo migrate timeline
  cargo migrate timeline --format html > timeline.html";

    pub(crate) const COMPLETIONS: &str = "\
Examples:
  cargo migrate completions bash > ~/.local/share/bash-completion/completions/cargo-migrate
  cargo migrate completions zsh > ~/.zfunc/_cargo-migrate
  cargo migrate completions fish > ~/.config/fish/completions/cargo-migrate.fish";

    pub(crate) const MAN: &str = "\
Examples:
  cargo migrate man | man -l -
  cargo migrate man up | man -l -";
}
