//! Profiles, events, metrics and catalog items.
