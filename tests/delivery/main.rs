//! Messages are read back by two foreign parsers and compared with what went in.
#![cfg(feature = "mail")]

mod browser;
mod folder;
#[path = "../harness/foreign.rs"]
mod foreign;
mod hostile;
mod judge;
mod messages;
mod quoted_printable;
mod samples;
mod strange;
