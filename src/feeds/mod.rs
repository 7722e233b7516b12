//! Product feeds.
