//! Templates that are ready to render, and the library they are included from.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use super::compile::{Compiler, Included, Needs, in_order};
use super::frame::{Block, Frame, NamedBlock, Options};
use super::host::Link;
use super::jinja;
use super::lexer::{self, Dialect, Token};
use super::nowhere::Nowhere;
use super::output::Channel;
use super::recorder::Recorder;
use super::registry::{EXAMPLE_FILES, Registry};
use super::span::{FileId, Sources, Span};
use super::stop::{Limits, Stop};
use super::trace::Trace;
use minijinja::Environment;

use crate::diagnostic::{Diagnostic, Source, nearest};
use crate::value::Value;

/// All template files, by the name that an include uses. Each is compiled when it is first asked for, and once.
pub struct Library {
    registry: Arc<Registry>,
    limits: Limits,
    sources: Sources,
    names: HashMap<String, FileId>,
    programs: HashMap<String, OnceLock<Program>>,
    /// What templates in Jinja are made with, where there are any.
    jinja: OnceLock<Environment<'static>>,
}

/// A compiled file.
pub(super) struct Program {
    block: Block,
    errors: Vec<Diagnostic>,
    includes: Vec<Included>,
    parent: Option<Included>,
    extends: bool,
    blocks: Vec<Arc<NamedBlock>>,
    needs: Needs,
}

impl Program {
    /// What it does.
    pub(super) fn block(&self) -> &Block {
        &self.block
    }

    /// Its `{% block %}`s.
    pub(super) fn blocks(&self) -> &[Arc<NamedBlock>] {
        &self.blocks
    }

    /// Whether it extends another template.
    pub(super) fn extends(&self) -> bool {
        self.extends
    }

    fn compile(name: &str, tokens: &[Token<'_>], library: &Library) -> Program {
        let mut compiler = Compiler::new(&library.registry, &library.sources, name);
        let block = compiler.template(tokens, &library.limits);
        Program {
            block,
            errors: compiler.errors,
            includes: compiler.includes,
            parent: compiler.parent,
            extends: compiler.extends,
            blocks: compiler.blocks,
            needs: compiler.needs,
        }
    }
}

impl Library {
    /// A library without files.
    pub fn new(registry: impl Into<Arc<Registry>>, limits: Limits) -> Library {
        Library {
            registry: registry.into(),
            limits,
            sources: Sources::new(),
            names: HashMap::new(),
            programs: HashMap::new(),
            jinja: OnceLock::new(),
        }
    }

    /// A library with one template of this name, which it can compile as [`Library::compile`]'s entry.
    fn with_template(name: &str, source: &str, registry: Registry) -> Library {
        let mut library = Library::new(registry, Limits::default());
        library.add(name, Source::new(name, source));
        library
    }

    /// Adds a file that can be included by `name`; the source's own name is what messages call it.
    pub fn add(&mut self, name: impl Into<String>, source: Arc<Source>) -> FileId {
        let file = self.sources.add(source);
        self.name(name.into(), file)
    }

    /// [`Library::add`] for a file that is HTML, see [`Sources::add_html`].
    pub fn add_html(&mut self, name: impl Into<String>, source: Arc<Source>) -> FileId {
        self.add_html_in(Dialect::Klaviyo, name, source)
    }

    /// [`Library::add_html`] for a file in which tags are cut by the rule of a dialect.
    pub fn add_html_in(
        &mut self,
        dialect: Dialect,
        name: impl Into<String>,
        source: Arc<Source>,
    ) -> FileId {
        let file = self.sources.add_html_in(dialect, source);
        self.name(name.into(), file)
    }

    fn name(&mut self, name: String, file: FileId) -> FileId {
        self.names.insert(name.clone(), file);
        self.programs.insert(name, OnceLock::new());
        file
    }

    /// Adds a file that cannot be included but can be pointed into, such as an `email.toml`.
    pub fn add_source(&mut self, source: Arc<Source>) -> FileId {
        self.sources.add(source)
    }

    /// The number of the file with this name.
    pub fn file(&self, name: &str) -> Option<FileId> {
        self.names.get(name).copied()
    }

    /// The tokens of the file with this name.
    pub fn tokens(&self, name: &str) -> Option<Vec<Token<'_>>> {
        self.tokens_in(Dialect::Klaviyo, name)
    }

    /// The tokens of the file with this name, cut by the rule of a dialect.
    pub fn tokens_in(&self, dialect: Dialect, name: &str) -> Option<Vec<Token<'_>>> {
        let file = self.file(name)?;
        let text = self.sources.text(file);
        Some(lexer::lex_in(dialect, text, Span::new(file, 0, text.len())))
    }

    /// The names of all files, sorted.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.names.keys().map(String::as_str).collect();
        names.sort_unstable();
        names
    }

    /// The files that spans point into.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// The limits of its templates.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The tags and filters of its templates.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    fn program(&self, name: &str) -> Option<&Program> {
        let slot = self.programs.get(name)?;
        let tokens = self.tokens(name)?;
        Some(slot.get_or_init(|| Program::compile(name, &tokens, self)))
    }

    /// The program of a file, `Err` when it has errors.
    pub(super) fn ready(&self, name: &str) -> Option<Result<&Program, ()>> {
        // The hot path of an include: no lexing when the program is there.
        let slot = self.programs.get(name)?;
        let program = match slot.get() {
            Some(program) => program,
            None => self.program(name)?,
        };
        Some(if program.errors.is_empty() {
            Ok(program)
        } else {
            Err(())
        })
    }

    /// What is said when an include names a file that does not exist.
    pub(super) fn unknown_template(&self, name: &str) -> String {
        match self.nearest(name) {
            Some(near) => format!("No template is called '{name}'; the nearest is '{near}'"),
            None => format!("No template is called '{name}'"),
        }
    }

    /// The name nearest to a wrong one.
    pub fn nearest(&self, name: &str) -> Option<&str> {
        nearest(name, self.names.keys().map(String::as_str))
    }

    /// Compiles the file with this name, and every template it includes.
    ///
    /// # Errors
    /// All errors of all of them; or there is no such file.
    pub fn template(self: &Arc<Self>, name: &str) -> Result<Template, Vec<Diagnostic>> {
        self.template_in(Dialect::Klaviyo, name)
    }

    /// Compiles the file with this name as a template in a dialect, and every template it includes in the same one.
    ///
    /// # Errors
    /// All errors of all of them; or there is no such file.
    pub fn template_in(
        self: &Arc<Self>,
        dialect: Dialect,
        name: &str,
    ) -> Result<Template, Vec<Diagnostic>> {
        match self.tokens_in(dialect, name) {
            Some(tokens) => self.compile_in(dialect, name, &tokens),
            None => Err(vec![Diagnostic::error(
                "missing-template",
                self.unknown_template(name),
            )]),
        }
    }

    /// Compiles tokens of a dialect, and every template they include.
    ///
    /// # Errors
    /// All errors of all of them, in the order of the files and places.
    pub fn compile_in(
        self: &Arc<Self>,
        dialect: Dialect,
        name: &str,
        tokens: &[Token<'_>],
    ) -> Result<Template, Vec<Diagnostic>> {
        if dialect == Dialect::Klaviyo {
            return self.compile(name, tokens);
        }
        let mut compiled = match jinja::Program::compile(name, tokens, self) {
            Ok(compiled) => compiled,
            Err(errors) => return Err(in_order(errors)),
        };
        compiled.included.sort_unstable();
        Ok(Template(Arc::new(Compiled {
            library: self.clone(),
            program: Code::Jinja(Box::new(compiled.program)),
            needs: compiled.needs,
            included: compiled.included,
            size_hint: AtomicUsize::new(compiled.bytes + compiled.bytes / 4),
        })))
    }

    /// Compiles tokens of Klaviyo's language, and every template they include.
    ///
    /// # Errors
    /// All errors of all of them, in the order of the files and places.
    pub fn compile(
        self: &Arc<Self>,
        name: &str,
        tokens: &[Token<'_>],
    ) -> Result<Template, Vec<Diagnostic>> {
        let program = Program::compile(name, tokens, self);
        let mut errors = program.errors.clone();
        let mut needs = program.needs.clone();
        let mut bytes: usize = tokens.iter().map(|t| t.text.len()).sum();
        let mut seen: Vec<String> = Vec::new();
        let mut waiting: Vec<Included> = program.includes.clone();
        while let Some(included) = waiting.pop() {
            if seen.contains(&included.name) {
                continue;
            }
            seen.push(included.name.clone());
            match self.program(&included.name) {
                None => {
                    let mut error = Diagnostic::error(
                        "missing-template",
                        format!("No template is called '{}'", included.name),
                    )
                    .at(self.sources.locate(included.at), "included here");
                    if let Some(near) = self.nearest(&included.name) {
                        error = error.help(format!("did you mean '{near}'?"));
                    }
                    errors.push(error);
                }
                Some(inner) => {
                    bytes += self
                        .file(&included.name)
                        .map_or(0, |f| self.sources.text(f).len());
                    errors.extend(inner.errors.iter().cloned());
                    needs.extend(&inner.needs);
                    waiting.extend(inner.includes.iter().cloned());
                }
            }
        }
        errors.extend(self.ancestry(name, &program));
        if bytes > self.limits.source {
            errors.push(Diagnostic::error(
                "limit-source",
                format!(
                    "'{name}' and what it includes are {bytes} bytes, more than {}",
                    self.limits.source
                ),
            ));
        }
        if errors.is_empty() {
            Ok(Template(Arc::new(Compiled {
                library: self.clone(),
                program: Code::Klaviyo(program.block),
                needs,
                included: seen.iter().filter_map(|name| self.file(name)).collect(),
                size_hint: AtomicUsize::new(bytes + bytes / 4),
            })))
        } else {
            Err(in_order(errors))
        }
    }

    /// What templates in Jinja are made with.
    pub(super) fn jinja(&self) -> &Environment<'static> {
        self.jinja
            .get_or_init(|| jinja::base(&self.registry, &self.limits))
    }
}

impl Library {
    /// The error of templates that extend each other in a circle.
    fn ancestry(&self, name: &str, program: &Program) -> Option<Diagnostic> {
        let mut line = vec![name];
        let mut parent = program.parent.as_ref();
        while let Some(named) = parent {
            if line.contains(&&*named.name) {
                line.push(&named.name);
                let first = program.parent.as_ref().unwrap_or(named);
                return Some(
                    Diagnostic::error(
                        "extends-itself",
                        format!(
                            "Templates extend each other in a circle: {}",
                            line.join(" extends ")
                        ),
                    )
                    .at(self.sources.locate(first.at), ""),
                );
            }
            line.push(&named.name);
            parent = self.program(&named.name).and_then(|p| p.parent.as_ref());
        }
        None
    }
}

impl fmt::Debug for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Library")
            .field("names", &self.names())
            .finish_non_exhaustive()
    }
}

/// The name of a template without a library.
const NAME: &str = "template";

/// A template that is ready to render: cheap to clone, shared by all threads.
#[derive(Clone)]
pub struct Template(Arc<Compiled>);

struct Compiled {
    library: Arc<Library>,
    program: Code,
    needs: Needs,
    included: Vec<FileId>,
    /// How large the last render was, so that the next reserves its room at once.
    size_hint: AtomicUsize,
}

/// What a template does.
enum Code {
    Klaviyo(Block),
    Jinja(Box<jinja::Program>),
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Template")
            .field("needs", &self.0.needs)
            .finish_non_exhaustive()
    }
}

impl Template {
    /// A template without a library, for tests and small uses.
    ///
    /// # Errors
    /// All errors of the source.
    pub fn from_source(source: &str) -> Result<Template, Vec<Diagnostic>> {
        Template::from_source_with(source, Registry::standard())
    }

    /// [`Template::from_source`] with filters of one's own.
    ///
    /// # Errors
    /// All errors of the source.
    pub fn from_source_with(source: &str, registry: Registry) -> Result<Template, Vec<Diagnostic>> {
        Arc::new(Library::with_template(NAME, source, registry)).template(NAME)
    }

    /// [`Template::from_source`] with the files that the registry's examples include.
    ///
    /// # Errors
    /// All errors of the source.
    pub fn from_example(source: &str) -> Result<Template, Vec<Diagnostic>> {
        let mut library = Library::with_template(NAME, source, Registry::standard());
        for (name, source) in EXAMPLE_FILES {
            library.add(*name, Source::new(*name, *source));
        }
        Arc::new(library).template(NAME)
    }

    /// What it reads.
    pub fn needs(&self) -> &Needs {
        &self.0.needs
    }

    /// The files that it includes, and that those include.
    pub fn included(&self) -> &[FileId] {
        &self.0.included
    }

    /// Whether it is in Jinja, and seen to ask for a link.
    pub(crate) fn asks_for(&self, link: Link) -> bool {
        match &self.0.program {
            Code::Klaviyo(_) => false,
            Code::Jinja(program) => program.asks_for(link),
        }
    }

    /// The library it was compiled with.
    pub fn library(&self) -> &Arc<Library> {
        &self.0.library
    }

    /// Renders for `data`, mappings of the names at top level of which the first that has a name wins, and appends to
    /// `out`.
    ///
    /// # Errors
    /// Whatever ended the render; `out` then holds what was printed so far.
    pub fn render_into(
        &self,
        data: &[Value],
        options: Options<'_>,
        out: &mut String,
    ) -> Result<(), Stop> {
        out.reserve(self.0.size_hint.load(Ordering::Relaxed));
        let before = out.len();
        let library = &self.0.library;
        let result = match &self.0.program {
            Code::Klaviyo(block) => {
                let mut frame = Frame::new(data, library, options, std::mem::take(out));
                let result = frame.run(block);
                *out = frame.into_buffer();
                result
            }
            Code::Jinja(program) => program.render(library, data, options, out, None),
        };
        let size = out.len() - before;
        // Written seldom: a store by every render would send the cache line from core to core.
        let hint = self.0.size_hint.load(Ordering::Relaxed);
        if size > hint || size < hint / 2 {
            self.0.size_hint.store(size + size / 16, Ordering::Relaxed);
        }
        result
    }

    /// [`Template::render_into`], and what the render did; a trace is kept also where the render ends early.
    ///
    /// It prints the same bytes and ends the same way. Places in the output are counted from where `out` ended.
    pub fn render_traced(
        &self,
        data: &[Value],
        options: Options<'_>,
        out: &mut String,
    ) -> (Result<(), Stop>, Trace) {
        let block = match &self.0.program {
            Code::Klaviyo(block) => block,
            Code::Jinja(program) => {
                let mut trace = Trace::default();
                let result = program.render(&self.0.library, data, options, out, Some(&mut trace));
                return (result, trace);
            }
        };
        let recorder = Recorder::new(self.0.library.sources(), out.len());
        let mut frame = Frame::new(data, &self.0.library, options, std::mem::take(out));
        frame.recorder = Some(Box::new(recorder));
        let result = frame.run(block);
        let trace = match frame.recorder.take() {
            Some(recorder) => recorder.finish(&result, options.limits),
            None => Trace::default(),
        };
        *out = frame.into_buffer();
        (result, trace)
    }

    /// [`Template::render_html`] with a trace.
    pub fn trace_html(&self, root: &Value) -> (Result<String, Box<Diagnostic>>, Trace) {
        let host = Nowhere::default();
        let mut out = String::new();
        let options = self.example_options(&host, Channel::Html);
        let (result, trace) = self.render_traced(std::slice::from_ref(root), options, &mut out);
        let result = result.map_err(|stop| Box::new(self.explain(&stop)));
        (result.map(|()| out), trace)
    }

    fn example_options<'r>(&'r self, host: &'r Nowhere, channel: Channel) -> Options<'r> {
        Options {
            host,
            channel,
            limits: self.0.library.limits(),
            html_to_text: |html| Cow::Borrowed(html),
        }
    }

    /// Renders to a text without escaping, at a fixed moment and without catalog: for tests and examples.
    ///
    /// # Errors
    /// The error for a person to read.
    pub fn render_plain(&self, root: &Value) -> Result<String, Box<Diagnostic>> {
        self.render_with(root, Channel::Plain)
    }

    /// Renders to HTML, at a fixed moment and without catalog: for tests and examples.
    ///
    /// # Errors
    /// The error for a person to read.
    pub fn render_html(&self, root: &Value) -> Result<String, Box<Diagnostic>> {
        self.render_with(root, Channel::Html)
    }

    fn render_with(&self, root: &Value, channel: Channel) -> Result<String, Box<Diagnostic>> {
        let host = Nowhere::default();
        let mut out = String::new();
        let options = self.example_options(&host, channel);
        match self.render_into(std::slice::from_ref(root), options, &mut out) {
            Ok(()) => Ok(out),
            Err(stop) => Err(Box::new(self.explain(&stop))),
        }
    }

    /// The error for a person to read.
    pub fn explain(&self, stop: &Stop) -> Diagnostic {
        let sources = self.0.library.sources();
        match stop {
            Stop::Raised(raised) => {
                let code = if raised.missing_name {
                    "missing-argument"
                } else {
                    "render-error"
                };
                let error = Diagnostic::error(code, raised.message.clone())
                    .at(sources.locate(raised.at), "");
                if raised.missing_name {
                    error
                        .note("a name that does not exist prints nothing, but the argument of a filter must exist")
                        .help("give the filter a quoted text, or set the name first with {% with %}")
                } else {
                    error
                }
            }
            Stop::Skip(skip) => {
                Diagnostic::error("skipped", format!("{}: {}", skip.wording, skip.detail))
                    .at(sources.locate(skip.at), "")
            }
            Stop::Limit(limit, at) => {
                let limits = *self.0.library.limits();
                let limits = match &self.0.program {
                    Code::Klaviyo(_) => limits,
                    Code::Jinja(_) => jinja::limits(&limits),
                };
                limit.diagnostic(&limits, *at, sources)
            }
        }
    }

    /// The place a span of this template stands for.
    pub fn locate(&self, span: Span) -> crate::diagnostic::Location {
        self.0.library.sources().locate(span)
    }
}
