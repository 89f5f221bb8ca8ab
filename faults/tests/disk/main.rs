//! Every operation on the disk fails once: an error, a full disk, a power cut. Afterwards the database is the old one or the
//! new one, the message says which, and the next start succeeds.

mod claim;
mod fault;
mod lies;
mod point;
mod scenario;
mod scenarios;
mod setting;
mod sweep;
