//! Nothing that the application names, and no lint that it forbids, disturbs what the macro generates.
#![forbid(missing_docs, dead_code, unreachable_pub, unused, unused_qualifications)]
#![deny(warnings, nonstandard_style, future_incompatible, rust_2018_idioms, single_use_lifetimes, trivial_casts)]
#![no_implicit_prelude]

/// Generated code says `Option` and `str` by their full paths.
pub mod core {
    /// Misleading.
    pub struct Option;
}
/// The same.
pub mod std {
    /// Misleading.
    pub struct Result;
}

/// A module in which every familiar name is taken.
pub mod db {
    use ::std::fmt as migrate;

    #[allow(non_camel_case_types, reason = "hides the primitive types")]
    mod hidden {
        pub(crate) struct str;
        pub(crate) struct usize;
        pub(crate) struct u8;
        pub(crate) struct bool;
    }
    pub(crate) use hidden::{bool, str, u8, usize};

    pub(crate) struct Option;
    pub(crate) struct Result;
    pub(crate) struct Error;
    pub(crate) struct Cow;
    pub(crate) trait Clone {
        fn copy(&self) {}
    }
    impl Clone for Option {}

    impl migrate::Debug for Option {
        fn fmt(&self, f: &mut migrate::Formatter<'_>) -> migrate::Result {
            f.write_str("Option")
        }
    }

    ::migrate::migrations!("hygiene");
}

fn main() {
    let mut conn = ::migrate::rusqlite::Connection::open_in_memory().expect("memory");
    db::MIGRATIONS.run(&mut conn).expect("a fresh database");
    let current: ::std::primitive::bool = db::is_schema_current(&conn).expect("a database");
    ::std::assert!(current);
    let _ = (db::Option, db::Result, db::Error, db::Cow, db::str, db::usize, db::u8, db::bool);
    db::Clone::copy(&db::Option);
    let _ = (core::Option, std::Result);
}
