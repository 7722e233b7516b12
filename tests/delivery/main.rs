//! Messages are read back by two foreign parsers and compared with what went in.
#![cfg(feature = "mail")]

mod judge;
mod messages;
mod strange;
