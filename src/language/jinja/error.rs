//! minijinja's errors as ours.

use std::error::Error as _;
use std::fmt;
use std::ops::Range;

use minijinja::{Error, ErrorKind};

use crate::language::span::Span;
use crate::language::stop::{Limit, Stop};

/// A [`Stop`] on its way through minijinja.
#[derive(Debug)]
struct Stopped(Stop);

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the render stops here")
    }
}

impl std::error::Error for Stopped {}

/// The error that carries a stop.
pub(super) fn carrying(stop: Stop) -> Error {
    let message = match &stop {
        Stop::Raised(raised) => raised.message.clone(),
        Stop::Skip(skip) => skip.detail.clone().into(),
        Stop::Limit(..) => "a limit was reached".into(),
    };
    Error::new(ErrorKind::InvalidOperation, message).with_source(Stopped(stop))
}

/// The errors from the outermost to the one that began it.
fn chain(error: &Error) -> impl Iterator<Item = &Error> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let this = next?;
        next = this.source().and_then(|source| source.downcast_ref());
        Some(this)
    })
}

/// The name of the template and the bytes of it where an error began.
pub(super) fn place(error: &Error) -> Option<(&str, Range<usize>)> {
    let places = chain(error).filter_map(|error| Some((error.name()?, error.range()?)));
    places.last()
}

/// What an error says: the sentence of the one that began it.
pub(super) fn sentence(error: &Error) -> String {
    let innermost = chain(error).last().unwrap_or(error);
    match innermost.detail() {
        Some(detail) if innermost.kind() == ErrorKind::InvalidOperation => detail.to_owned(),
        Some(detail) => format!("{}: {detail}", innermost.kind()),
        None => innermost.kind().to_string(),
    }
}

/// The stop that an error of a render is.
pub(super) fn stop(error: &Error, at: Span) -> Stop {
    let carried = chain(error).find_map(|error| {
        let source = error.source()?;
        source
            .downcast_ref::<Stopped>()
            .map(|found| found.0.clone())
    });
    if let Some(stop) = carried {
        return stop.at(at);
    }
    let is = |kind| chain(error).any(|error| error.kind() == kind);
    if is(ErrorKind::OutOfFuel) {
        return Stop::Limit(Limit::Fuel, at);
    }
    let too_deep = |error: &Error| {
        error
            .detail()
            .is_some_and(|d| d.contains("recursion limit"))
    };
    if chain(error).any(too_deep) {
        return match is(ErrorKind::BadInclude) {
            true => Stop::Limit(Limit::IncludeDepth, at),
            false => Stop::Limit(Limit::Nesting, at),
        };
    }
    Stop::raise(sentence(error)).at(at)
}
