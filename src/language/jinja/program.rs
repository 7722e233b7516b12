//! A compiled template, and the render of it.

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::{Environment, Error};

use super::environment::raised;
use super::error;
use super::pieces::Pieces;
use super::run::{Answers, Question, Run};
use super::survey::{Known, Mention, Survey};
use super::words::refusal;
use crate::diagnostic::{Diagnostic, nearest};
use crate::language::compile::Needs;
use crate::language::frame::Options;
use crate::language::host::Link;
use crate::language::lexer::{Dialect, Token};
use crate::language::span::{FileId, Span};
use crate::language::stop::{Limit, Limits, Stop};
use crate::language::template::Library;
use crate::language::trace::{Event, ReadState, Trace, ValueRead, shown};
use crate::value::{self, Value};

/// So many times a template runs at most because of what it asks of the host: as deep as one lookup can depend on
/// another.
const MOST_RUNS: usize = 16;

/// A compiled template.
pub(in crate::language) struct Program {
    environment: Environment<'static>,
    name: String,
    pieces: Pieces,
    /// What the host is asked before the first run.
    foreseen: Vec<Question>,
    mentions: Vec<Mention>,
}

/// A program and what is known of it.
pub(in crate::language) struct Compiled {
    pub program: Program,
    pub needs: Needs,
    pub included: Vec<FileId>,
    /// The bytes of all sources.
    pub bytes: usize,
}

/// What a run may spend: a step of minijinja's pays for 64 bytes of text as well, which may be in memory all at once.
pub(in crate::language) fn limits(limits: &Limits) -> Limits {
    /// So many steps any text may take.
    const LEAST: u64 = 100_000;
    Limits {
        fuel: limits.fuel.min(LEAST.max(limits.output as u64 / 4)),
        ..*limits
    }
}

impl Program {
    /// Compiles tokens, and every template that they are seen to include.
    ///
    /// # Errors
    /// All errors of all of them; of what is no Jinja the first in each file.
    pub(in crate::language) fn compile(
        name: &str,
        tokens: &[Token<'_>],
        library: &Arc<Library>,
    ) -> Result<Compiled, Vec<Diagnostic>> {
        let mut environment = library.jinja().clone();
        let files = library.clone();
        environment.set_loader(move |name| {
            let Some(tokens) = files.tokens_in(Dialect::Jinja, name) else {
                return Ok(None);
            };
            match refusal(&tokens) {
                Some((_, _, title)) => Err(raised(title)),
                None => Ok(Some(
                    tokens.iter().map(|token| &*token.text).collect::<String>(),
                )),
            }
        });
        if let Some(refused) = refused(tokens, library) {
            return Err(vec![refused]);
        }
        let (pieces, source) = Pieces::joined(tokens);
        let mut bytes = source.len();
        if bytes > library.limits().source {
            return Err(vec![too_large(name, bytes, library.limits())]);
        }
        let added = environment.add_template_owned(name.to_owned(), source);
        let mut program = Program {
            environment,
            name: name.to_owned(),
            pieces,
            foreseen: Vec::new(),
            mentions: Vec::new(),
        };
        let mut survey = Survey::default();
        if let Err(error) = added {
            survey.errors.push(program.malformed(&error, library));
            return Err(survey.errors);
        }
        program.survey(&mut survey, name, tokens, library);
        let mut included = Vec::new();
        let mut seen = BTreeSet::from([name.to_owned()]);
        while let Some(named) = survey.named.pop() {
            if !seen.insert(named.name.clone()) {
                continue;
            }
            let (file, tokens) = (
                library.file(&named.name),
                library.tokens_in(Dialect::Jinja, &named.name),
            );
            let (Some(file), Some(tokens)) = (file, tokens) else {
                if named.needed {
                    let title = format!("No template is called '{}'", named.name);
                    let mut error = Diagnostic::error("missing-template", title)
                        .at(library.sources().locate(named.at), "included here");
                    if let Some(near) = nearest(&named.name, library.names()) {
                        error = error.help(format!("did you mean '{near}'?"));
                    }
                    survey.errors.push(error);
                }
                continue;
            };
            included.push(file);
            bytes += library.sources().text(file).len();
            if bytes > library.limits().source {
                survey.errors.push(too_large(name, bytes, library.limits()));
                break;
            }
            if let Some(refused) = refused(&tokens, library) {
                survey.errors.push(refused);
                continue;
            }
            match program.environment.get_template(&named.name) {
                Ok(_) => program.survey(&mut survey, &named.name, &tokens, library),
                Err(error) => survey.errors.push(program.malformed(&error, library)),
            }
        }
        if !survey.errors.is_empty() {
            return Err(survey.errors);
        }
        program.foreseen = survey.questions;
        program.mentions = survey.mentions;
        Ok(Compiled {
            program,
            needs: survey.needs,
            included,
            bytes,
        })
    }

    /// Whether it is seen to ask for a link.
    pub(in crate::language) fn asks_for(&self, link: Link) -> bool {
        self.foreseen.contains(&Question::Link(link))
    }

    fn survey(&self, survey: &mut Survey, name: &str, tokens: &[Token<'_>], library: &Library) {
        let Ok(template) = self.environment.get_template(name) else {
            return;
        };
        let paths = template.undeclared_variables(true).into_iter().collect();
        let known = Known {
            environment: &self.environment,
            registry: library.registry(),
            sources: library.sources(),
        };
        survey.tokens(name, tokens, &paths, &known);
    }

    fn malformed(&self, error: &Error, library: &Library) -> Diagnostic {
        let title = error::sentence(error);
        let found = Diagnostic::error("jinja", title);
        match self.place(error, library) {
            Some(at) => found.at(library.sources().locate(at), ""),
            None => found,
        }
    }

    /// The place of what has no other.
    fn start(&self) -> Span {
        self.pieces.locate(&(0..0))
    }

    /// Where an error began.
    fn place(&self, error: &Error, library: &Library) -> Option<Span> {
        let (name, range) = error::place(error)?;
        if name == self.name {
            return Some(self.pieces.locate(&range));
        }
        let file = library.file(name)?;
        let length = library.sources().text(file).len();
        let (start, end) = (range.start.min(length), range.end.min(length));
        Some(Span::new(file, start, end))
    }

    /// Renders, and appends to `out`. Of a render that ended early, `out` holds what was printed so far.
    ///
    /// # Errors
    /// Whatever ended the render.
    pub(in crate::language) fn render(
        &self,
        library: &Arc<Library>,
        data: &[Value],
        options: Options<'_>,
        out: &mut String,
        mut trace: Option<&mut Trace>,
    ) -> Result<(), Stop> {
        let limits = limits(options.limits);
        let host = options.host;
        let mut answers: Answers = HashMap::new();
        for question in &self.foreseen {
            answers
                .entry(question.clone())
                .or_insert_with(|| question.ask(host));
        }
        let start = out.len();
        let mut environment = self.environment.clone();
        let mut fuel = limits.fuel;
        for _ in 0..MOST_RUNS {
            out.truncate(start);
            let run = Arc::new(Run {
                library: library.clone(),
                limits,
                channel: options.channel,
                html_to_text: options.html_to_text,
                now: host.now().clone(),
                money: host.money().clone(),
                missing_image: host.missing_image().to_owned(),
                seed: host.seed(),
                data: data.to_vec(),
                answers: std::mem::take(&mut answers),
                asked: Mutex::default(),
                read: trace.is_some().then(Mutex::default),
            });
            environment.set_fuel(Some(fuel));
            let (result, spent) = self.run(&environment, &run, out, library);
            let questions = run.take_questions();
            // What a run made of empty answers, be it an error, does not count. But what it spent does.
            let is_limit = matches!(result, Err(Stop::Limit(..)));
            if questions.is_empty() || is_limit {
                if let Some(trace) = &mut trace {
                    self.note(&run, &result, library, options.limits, trace);
                }
                return result;
            }
            answers = run.answers.clone();
            for question in questions {
                let answer = question.ask(host);
                answers.insert(question, answer);
            }
            fuel = fuel.saturating_sub(spent).max(1);
        }
        Err(Stop::Limit(Limit::Fuel, self.start()))
    }

    /// One run, and what it spent: of one that failed, a sixteenth of what there was.
    fn run(
        &self,
        environment: &Environment<'static>,
        run: &Arc<Run>,
        out: &mut String,
        library: &Library,
    ) -> (Result<(), Stop>, u64) {
        let mut printed = Printed {
            most: out.len().saturating_add(run.limits.output),
            bytes: std::mem::take(out).into_bytes(),
            is_full: false,
        };
        let root = Value::from_dyn_object(run.clone());
        let result = environment
            .get_template(&self.name)
            .and_then(|template| template.render_captured_to(root, &mut printed));
        let unknown = run.limits.fuel / MOST_RUNS as u64;
        let (result, spent) = match result {
            Ok(captured) => {
                let levels = captured.state().fuel_levels();
                (Ok(()), levels.map_or(unknown, |(spent, _)| spent))
            }
            Err(error) => {
                let at = self.place(&error, library).unwrap_or_else(|| self.start());
                let stop = match printed.is_full {
                    true => Stop::Limit(Limit::Output, at),
                    false => error::stop(&error, at),
                };
                (Err(stop), unknown)
            }
        };
        // What is written are whole texts, so it is one.
        *out = String::from_utf8(printed.bytes).unwrap_or_default();
        (result, spent)
    }

    /// Notes what a run has read: each name of the data whose first part was looked up, at its places.
    fn note(
        &self,
        run: &Run,
        result: &Result<(), Stop>,
        library: &Library,
        limits: &Limits,
        trace: &mut Trace,
    ) {
        let sources = library.sources();
        let read = match &run.read {
            Some(read) => std::mem::take(&mut *read.lock().unwrap_or_else(PoisonError::into_inner)),
            None => BTreeSet::new(),
        };
        for mention in &self.mentions {
            let mut parts = mention.path.split('.');
            let first = parts.next().unwrap_or_default();
            // Functions are looked up in the data as well, before they are found elsewhere.
            let is_function = run.name(first).is_none() && self.has_global(first);
            if !read.contains(first) || is_function {
                continue;
            }
            if trace.events.len() >= Trace::MOST {
                trace.dropped += 1;
                continue;
            }
            let found = parts.fold(run.name(first), |v, part| value::key(&v?, part));
            trace.events.push(Event::Read(ValueRead {
                at: sources.locate(mention.at),
                path: mention.path.clone(),
                data: Some(mention.path.clone()),
                state: match found {
                    Some(_) => ReadState::Found,
                    None => ReadState::Missing,
                },
                value: found.as_ref().map(shown),
                filters: Vec::new(),
                output: None,
            }));
        }
        trace.end(result, limits, sources);
    }

    fn has_global(&self, name: &str) -> bool {
        self.environment.globals().any(|(known, _)| known == name)
    }
}

/// The error of a template that minijinja must not read.
fn refused(tokens: &[Token<'_>], library: &Library) -> Option<Diagnostic> {
    let (at, code, title) = refusal(tokens)?;
    let error = Diagnostic {
        code,
        ..Diagnostic::error("jinja", title)
    };
    Some(error.at(library.sources().locate(at), ""))
}

fn too_large(name: &str, bytes: usize, limits: &Limits) -> Diagnostic {
    let most = limits.source;
    let title = format!("'{name}' and what it includes are {bytes} bytes, more than {most}");
    Diagnostic::error("limit-source", title)
}

/// What a run prints, up to its limit.
struct Printed {
    bytes: Vec<u8>,
    most: usize,
    is_full: bool,
}

impl io::Write for Printed {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        if self.bytes.len().saturating_add(text.len()) > self.most {
            self.is_full = true;
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.bytes.extend_from_slice(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
