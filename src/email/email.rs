//! A compiled email: its parts, and what they make for one person.

use std::borrow::Cow;
use std::cell::RefCell;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::batch::{Batch, Summary, Turn};
use super::door::Door;
use super::manifest::{Kind, Manifest, Text};
use super::outcome::{Failed, Header, Mailbox, Outcome, Rendered, Sizes, Skipped};
use super::trace::{EmailTrace, Slot, settle};
use super::universal::{Blocks, Markup};
use super::{Recipient, World, address, findings as look, universal};
use crate::diagnostic::Diagnostic;
use crate::language::{
    Channel, Library, Needs, Options, SkipReason, Stop, Template, Token, lex, lex_at,
};
use crate::links::Purpose;
use crate::mjml;
use crate::plaintext;
use crate::value::{Pairs, Value};

/// A compiled email: cheap to clone, shared by all threads.
#[derive(Debug, Clone)]
pub struct Email(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    name: String,
    manifest: Manifest,
    subject: Option<Template>,
    preheader: Option<Template>,
    from: Option<Template>,
    reply_to: Option<Template>,
    body: Body,
    /// The HTML with its tags, for `letterpress compile`.
    source: String,
    needs: Needs,
    findings: Vec<Diagnostic>,
}

/// The body of an email.
#[derive(Debug)]
enum Body {
    /// HTML and text, compiled once for everybody.
    Once {
        html: Template,
        text: Template,
        /// How the text part came to be: derived from the HTML, or written by the author.
        text_channel: Channel,
    },
    /// MJML that tags change the structure of: tags run first, then MJML is compiled, for each person.
    ForEach {
        mjml: Template,
        preheader: bool,
        text: Option<Template>,
    },
    /// A text that is no HTML: what a single file that is neither `.mjml` nor `.html` holds.
    Plain(Template),
}

/// The name of the preheader in templates: Klaviyo's `{% render_variable preview_text %}`.
const PREVIEW_TEXT: &str = "preview_text";

impl Email {
    /// Compiles the email of this name.
    ///
    /// # Errors
    /// All errors of all its parts.
    pub(super) fn compile(
        name: &str,
        manifest: Manifest,
        library: &Arc<Library>,
    ) -> Result<Email, Vec<Diagnostic>> {
        let mut errors = Vec::new();
        let mut findings = Vec::new();
        let mut template = |text: &Option<Text>| -> Option<Template> {
            let text = text.as_ref()?;
            let manifest_name = format!("{name}/email.toml");
            let file = library.file(&manifest_name)?;
            let span = crate::language::Span::new(file, text.at.start, text.at.end);
            let mut tokens = lex_at(&text.value, span);
            if !text.plain {
                // The file spells it with escapes: places are the whole value's.
                tokens.iter_mut().for_each(|token| token.span = span);
            }
            library
                .compile(&manifest_name, &tokens)
                .map_err(|found| errors.extend(found))
                .ok()
        };
        let subject = template(&manifest.subject);
        let preheader = template(&manifest.preheader);
        let from = template(&manifest.from);
        let reply_to = template(&manifest.reply_to);
        let body_name = ["body.mjml", "body.html"]
            .map(|file| format!("{name}/{file}"))
            .into_iter()
            .find(|file| library.file(file).is_some());
        let compiled = match &body_name {
            None => Err(vec![
                Diagnostic::error("missing-body", format!("The email '{name}' has no body"))
                    .help(format!("write {name}/body.mjml or {name}/body.html")),
            ]),
            Some(body) => {
                let text = format!("{name}/body.txt");
                let text = library.file(&text).is_some().then_some(text);
                let parts = BodyParts {
                    name: body,
                    text: text.as_deref(),
                    has_preheader: preheader.is_some(),
                    may_lack_blocks: false,
                };
                compile_body(&parts, library, &mut findings)
            }
        };
        match compiled {
            Ok((body, source, mut needs)) if errors.is_empty() => {
                for part in [&subject, &preheader, &from, &reply_to]
                    .into_iter()
                    .flatten()
                    .chain(body.templates())
                {
                    needs.extend(part.needs());
                }
                Ok(Email(Arc::new(Parts {
                    name: name.to_owned(),
                    manifest,
                    subject,
                    preheader,
                    from,
                    reply_to,
                    body,
                    source,
                    needs,
                    findings,
                })))
            }
            Ok(_) => Err(errors),
            Err(found) => {
                errors.extend(found);
                Err(errors)
            }
        }
    }

    /// Compiles a single file that has no manifest.
    ///
    /// # Errors
    /// All its errors.
    pub(super) fn compile_document(
        name: &str,
        library: &Arc<Library>,
    ) -> Result<Email, Vec<Diagnostic>> {
        let mut findings = Vec::new();
        let plain = name.ends_with(".txt");
        let (body, source, mut needs) = if plain {
            let tokens = library.tokens(name).unwrap_or_default();
            let body = Body::Plain(library.compile(name, &tokens)?);
            (body, printed(&tokens), Needs::default())
        } else {
            let parts = BodyParts {
                name,
                text: None,
                has_preheader: false,
                may_lack_blocks: true,
            };
            compile_body(&parts, library, &mut findings)?
        };
        body.templates().for_each(|part| needs.extend(part.needs()));
        Ok(Email(Arc::new(Parts {
            name: name.to_owned(),
            manifest: Manifest::default(),
            subject: None,
            preheader: None,
            from: None,
            reply_to: None,
            body,
            source,
            needs,
            findings,
        })))
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// What `email.toml` says.
    pub fn manifest(&self) -> &Manifest {
        &self.0.manifest
    }

    /// What must be ready before it is rendered: found by reading it, not by rendering it.
    pub fn needs(&self) -> &Needs {
        &self.0.needs
    }

    /// The HTML with every tag kept, ready to paste into Klaviyo. Where [`Email::compiled_for_each`], the MJML.
    pub fn source(&self) -> &str {
        &self.0.source
    }

    /// Whether MJML has to be compiled for each person, because a tag changes the structure.
    pub fn compiled_for_each(&self) -> bool {
        matches!(self.0.body, Body::ForEach { .. })
    }

    /// What a person should look at.
    pub fn findings(&self) -> &[Diagnostic] {
        &self.0.findings
    }

    /// Renders for one person.
    pub fn render(&self, recipient: &Recipient, world: &dyn World) -> Outcome {
        self.outcome(recipient, world, None)
    }

    /// [`Email::render`], and what it did; also when the outcome is another than rendered.
    pub fn render_traced(&self, recipient: &Recipient, world: &dyn World) -> (Outcome, EmailTrace) {
        let mut trace = EmailTrace::default();
        let outcome = self.outcome(recipient, world, Some(&mut trace));
        (outcome, trace)
    }

    fn outcome(
        &self,
        recipient: &Recipient,
        world: &dyn World,
        trace: Option<&mut EmailTrace>,
    ) -> Outcome {
        let mailbox = match recipient.profile() {
            None => None,
            Some(profile) => match address::mailbox(profile) {
                Ok(mailbox) => Some(mailbox),
                Err(skip) => return Outcome::Skipped(Box::new(skip)),
            },
        };
        match self.parts_for(recipient, world, mailbox, trace) {
            Ok(mail) => Outcome::Rendered(Box::new(mail)),
            Err(Ended::By(part, Stop::Skip(skip))) => Outcome::Skipped(Box::new(Skipped {
                reason: skip.reason,
                klaviyo: skip.wording,
                detail: skip.detail,
                at: Some(part.locate(skip.at)),
            })),
            Err(Ended::By(part, stop)) => {
                let diagnostic = part.explain(&stop).note(format!(
                    "while rendering '{}' for {}",
                    self.0.name,
                    shown_key(recipient)
                ));
                Outcome::failed(diagnostic)
            }
            Err(Ended::Mjml(diagnostics)) => Outcome::Failed(Box::new(Failed { diagnostics })),
        }
    }

    /// Renders for many, in their order, and hands each outcome to `sink`; see [`Email::batch`] for more say.
    ///
    /// ```
    /// # use letterpress::email::{Engine, FixedWorld, Recipient};
    /// # let engine = Engine::builder().template("hi/email.toml", "").template("hi/body.html", "Hi {{ n }}").build()?;
    /// # let world = FixedWorld::at("2026-11-20T18:00:00[UTC]".parse()?);
    /// let people = (0..1000).map(|n| Recipient::from_serialize(&serde_json::json!({"n": n})).unwrap());
    /// let mut bytes = 0;
    /// let summary = engine.email("hi")?.render_batch(people, &world, |turn| {
    ///     bytes += turn.outcome.rendered().map_or(0, |mail| mail.html.len());
    /// });
    /// assert_eq!((summary.rendered, bytes), (1000, 5890));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn render_batch<I, S>(&self, people: I, world: &dyn World, sink: S) -> Summary
    where
        I: IntoIterator<Item = Recipient>,
        S: FnMut(Turn<Outcome>),
    {
        self.batch(world).run(people, sink)
    }

    /// A batch to be set up: order, size of chunks, pool, cancelling, progress.
    pub fn batch<'b>(&'b self, world: &'b dyn World) -> Batch<'b> {
        Batch::new(self, world)
    }

    fn parts_for<'e>(
        &'e self,
        recipient: &Recipient,
        world: &dyn World,
        to: Option<Mailbox>,
        mut trace: Option<&mut EmailTrace>,
    ) -> Result<Rendered, Ended<'e>> {
        let parts = &*self.0;
        let digest = self.digest(recipient, world);
        let seed = u64::from_le_bytes(digest[16..24].try_into().unwrap_or_default());
        let door = Door::new(recipient, world, &parts.name, seed);
        let mut data: Vec<Value> = recipient.names().cloned().collect();
        data.push(world_names(recipient, world));
        let line = |template: &'e Option<Template>,
                    data: &[Value],
                    mut slot: Slot<'_>|
         -> Result<String, Ended<'e>> {
            let Some(template) = template else {
                return Ok(String::new());
            };
            let printed = print(template, data, &door, Channel::Plain, slot.as_deref_mut())?;
            let line = one_line(&printed);
            settle(slot, &printed, &line);
            Ok(line)
        };
        let slot = trace.as_deref_mut().map(|trace| &mut trace.preheader);
        let preheader = line(&parts.preheader, &data, slot)?;
        if !preheader.is_empty() {
            data.push(
                [(PREVIEW_TEXT, preheader.as_str())]
                    .into_iter()
                    .collect::<Pairs>()
                    .into(),
            );
        }
        let (html, text) = parts.body.render(&data, &door, trace.as_deref_mut())?;
        let slot = trace.as_deref_mut().map(|trace| &mut trace.reply_to);
        let reply_to = line(&parts.reply_to, &data, slot)?;
        let slot = trace.as_deref_mut().map(|trace| &mut trace.subject);
        let subject = line(&parts.subject, &data, slot)?;
        let slot = trace.map(|trace| &mut trace.from);
        let from = line(&parts.from, &data, slot)?;
        let mut headers = Vec::new();
        if !parts.manifest.transactional
            && let Some(url) = world.link(Purpose::Unsubscribe, recipient, &parts.name)
        {
            headers.push(Header {
                name: "List-Unsubscribe",
                value: format!("<{url}>"),
            });
            // RFC 8058: only an https address can be one-click.
            if url.starts_with("https:") {
                headers.push(Header {
                    name: "List-Unsubscribe-Post",
                    value: "List-Unsubscribe=One-Click".into(),
                });
            }
        }
        Ok(Rendered {
            email: parts.name.clone(),
            to,
            subject,
            preheader,
            from,
            reply_to: (!reply_to.is_empty()).then_some(reply_to),
            headers,
            sizes: Sizes {
                html: html.len(),
                text: text.len(),
            },
            html,
            text,
            date: world.now().timestamp(),
            id: hexadecimal(&digest[..16]),
            warnings: Vec::new(),
        })
    }

    /// What identifies this message: the same for the same email, person, event and seed, another for any other.
    fn digest(&self, recipient: &Recipient, world: &dyn World) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(world.seed().to_le_bytes());
        hash.update((self.0.name.len() as u64).to_le_bytes());
        hash.update(&self.0.name);
        hash.update((recipient.key().len() as u64).to_le_bytes());
        hash.update(recipient.key());
        // The next cart that the same person leaves behind is another message.
        if let Some(event) = recipient.triggering_event() {
            hash.update(event.id());
            hash.update(event.time.as_second().to_le_bytes());
        }
        hash.finalize().into()
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |of: u8| char::from(DIGITS[usize::from(of)]);
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

/// What ended a render.
enum Ended<'e> {
    By(&'e Template, Stop),
    Mjml(Vec<Diagnostic>),
}

impl Body {
    fn templates(&self) -> impl Iterator<Item = &Template> {
        match self {
            Body::Once { html, text, .. } => [Some(html), Some(text)],
            Body::ForEach { mjml, text, .. } => [Some(mjml), text.as_ref()],
            Body::Plain(text) => [Some(text), None],
        }
        .into_iter()
        .flatten()
    }

    fn render<'e>(
        &'e self,
        data: &[Value],
        door: &Door<'_>,
        trace: Option<&mut EmailTrace>,
    ) -> Result<(String, String), Ended<'e>> {
        let (mut html_trace, mut text_trace) = match trace {
            Some(trace) => (Some(&mut trace.html), Some(&mut trace.text)),
            None => (None, None),
        };
        match self {
            Body::Once {
                html,
                text,
                text_channel,
            } => {
                let html = print(html, data, door, Channel::Html, html_trace)?;
                let text = print(text, data, door, *text_channel, text_trace.as_deref_mut())?;
                let tidy = plaintext::tidy(&text);
                settle(text_trace, &text, &tidy);
                Ok((html, tidy.into_owned()))
            }
            Body::ForEach {
                mjml,
                preheader,
                text,
            } => {
                let source = print(mjml, data, door, Channel::Html, html_trace.as_deref_mut());
                if let Some(Some(trace)) = html_trace {
                    trace.forget_output();
                }
                let source = source?;
                let sources = mjml.library().sources();
                // The text is finished: braces in a person's name are no tags.
                let token = Token::text(source, Default::default());
                let compiled = mjml::compile(vec![token], &mjml::Loader::none(sources))
                    .map_err(Ended::Mjml)?;
                let mut html = printed(&compiled.tokens);
                let derived = match text {
                    Some(text) => {
                        print(text, data, door, Channel::Plain, text_trace.as_deref_mut())?
                    }
                    None => printed(&plaintext::from_html(&compiled.tokens)),
                };
                let preview =
                    crate::value::key(data.last().unwrap_or(&Value::UNDEFINED), PREVIEW_TEXT);
                if *preheader && let (Some(preview), Some(at)) = (preview, after_body_tag(&html)) {
                    let escaped = crate::language::escape::escape(&crate::value::text(&preview));
                    html.insert_str(at, &format!("{PREHEADER_OPEN}{escaped}{PREHEADER_CLOSE}"));
                }
                let tidy = plaintext::tidy(&derived);
                settle(text_trace, &derived, &tidy);
                Ok((html, tidy.into_owned()))
            }
            Body::Plain(text) => {
                let text = print(text, data, door, Channel::Plain, text_trace)?;
                Ok((text.clone(), text))
            }
        }
    }
}

fn print<'e>(
    template: &'e Template,
    data: &[Value],
    door: &Door<'_>,
    channel: Channel,
    slot: Slot<'_>,
) -> Result<String, Ended<'e>> {
    let mut out = String::new();
    let options = Options {
        host: door,
        channel,
        limits: template.library().limits(),
        html_to_text: plaintext::of_fragment,
    };
    let result = match slot {
        None => template.render_into(data, options, &mut out),
        Some(slot) => {
            let (result, trace) = template.render_traced(data, options, &mut out);
            *slot = Some(trace);
            result
        }
    };
    match result {
        Ok(()) => Ok(out),
        Err(stop) => Err(Ended::By(template, stop)),
    }
}

/// The names that the world gives: `organization` and `feeds`, a person's own feeds first.
fn world_names(recipient: &Recipient, world: &dyn World) -> Value {
    let feeds = if recipient.feeds().is_empty() {
        world.feeds().clone()
    } else {
        let own = recipient
            .feeds()
            .iter()
            .map(|(name, items)| (Value::from(name), items.clone()));
        let global = world.feeds();
        let others = crate::value::items(global)
            .unwrap_or_default()
            .into_iter()
            .filter(|name| {
                recipient
                    .feeds()
                    .iter()
                    .all(|(own, _)| Some(own.as_str()) != name.as_str())
            })
            .map(|name| {
                let items = global.get_item(&name).unwrap_or_default();
                (name, items)
            });
        own.chain(others).collect::<Pairs>().into()
    };
    [
        ("organization", world.organization().clone()),
        ("feeds", feeds.clone()),
        ("web_feeds", feeds),
    ]
    .into_iter()
    .collect::<Pairs>()
    .into()
}

/// What a body is compiled from.
struct BodyParts<'b> {
    name: &'b str,
    /// The text part, if its author wrote one.
    text: Option<&'b str>,
    has_preheader: bool,
    /// Whether a universal content block may be missing.
    may_lack_blocks: bool,
}

/// Compiles a body: the templates, the HTML with its tags, and the universal content blocks it needs.
fn compile_body(
    parts: &BodyParts<'_>,
    library: &Arc<Library>,
    findings: &mut Vec<Diagnostic>,
) -> Result<(Body, String, Needs), Vec<Diagnostic>> {
    let name = parts.name;
    let mut tokens = library.tokens(name).unwrap_or_default();
    let size: usize = tokens.iter().map(|t| t.text.len()).sum();
    if size > library.limits().source {
        return Err(vec![Diagnostic::error(
            "limit-source",
            format!(
                "'{name}' is {size} bytes, more than {}",
                library.limits().source
            ),
        )]);
    }
    findings.extend(look::of_text(&tokens, library));
    let is_mjml = name.ends_with(".mjml");
    let markup = if is_mjml { Markup::Mjml } else { Markup::Html };
    let mut blocks = Blocks::new(library, markup, parts.may_lack_blocks);
    tokens = blocks.expand(tokens);
    let own_preheader = parts.has_preheader && !shows_preheader(&tokens, library);
    let author_text = match parts.text {
        Some(text_name) => {
            let tokens = library.tokens(text_name).unwrap_or_default();
            Some(library.compile(text_name, &tokens)?)
        }
        None => None,
    };
    let mut per_recipient = false;
    let mut errors = Vec::new();
    if is_mjml {
        let blocks = RefCell::new(&mut blocks);
        let loader = mjml::Loader {
            sources: library.sources(),
            name,
            load: &|name| Some(blocks.borrow_mut().expand(library.tokens(name)?)),
            names: &|| library.names().into_iter().map(str::to_owned).collect(),
        };
        match mjml::compile(std::mem::take(&mut tokens), &loader) {
            Ok(compiled) => {
                findings.extend(compiled.findings);
                per_recipient = !compiled.per_recipient.is_empty();
                findings.extend(compiled.per_recipient);
                tokens = compiled.tokens;
            }
            Err(found) => errors = found,
        }
    }
    findings.append(&mut blocks.findings);
    errors.append(&mut blocks.errors);
    if !errors.is_empty() {
        return Err(errors);
    }
    let needs = Needs {
        universal: blocks.named,
        ..Needs::default()
    };
    if own_preheader && !per_recipient {
        insert_preheader(&mut tokens);
    }
    let html = library.compile(name, &tokens)?;
    findings.extend(look::of_references(&tokens, html.included(), library));
    findings.extend(universal::in_partials(html.included(), library));
    let written = |token| library.sources().as_written(token);
    let source = tokens.iter().map(written).collect();
    if per_recipient {
        let body = Body::ForEach {
            mjml: html,
            preheader: own_preheader,
            text: author_text,
        };
        return Ok((body, source, needs));
    }
    let (text, text_channel) = match author_text {
        Some(text) => (text, Channel::Plain),
        None => {
            let text_tokens = plaintext::from_html(&tokens);
            (library.compile(name, &text_tokens)?, Channel::TextOfHtml)
        }
    };
    let body = Body::Once {
        html,
        text,
        text_channel,
    };
    Ok((body, source, needs))
}

fn printed(tokens: &[Token<'_>]) -> String {
    tokens.iter().map(|token| &*token.text).collect()
}

/// Whether a body says itself where its preheader goes: by `mj-preview`, or by printing it.
fn shows_preheader(tokens: &[Token<'_>], library: &Library) -> bool {
    tokens.iter().any(|token| {
        if token.kind == crate::language::TokenKind::Text {
            token.text.contains("<mj-preview")
        } else if token.tag_name() == "include" {
            // A partial may say it.
            let (content, _) = token.inner();
            content
                .split(['"', '\''])
                .nth(1)
                .and_then(|name| library.tokens(name))
                .is_some_and(|tokens| {
                    tokens
                        .iter()
                        .any(|t| t.text.contains("<mj-preview") || t.text.contains(PREVIEW_TEXT))
                })
        } else {
            token.text.contains(PREVIEW_TEXT)
        }
    })
}

/// Hidden text that inboxes show behind the subject; the padding keeps the body's first words out of it.
const PREHEADER_OPEN: &str = "<div style=\"display:none;font-size:1px;color:#ffffff;line-height:1px;max-height:0px;max-width:0px;opacity:0;overflow:hidden;\">";
const PREHEADER_CLOSE: &str = "</div>";

/// Puts the preheader behind `<body …>`, or before everything where there is none.
fn insert_preheader(tokens: &mut Vec<Token<'_>>) {
    let (number, at) = tokens
        .iter()
        .enumerate()
        .find_map(|(number, token)| Some((number, body_tag(token)?)))
        .unwrap_or((0, BodyTag::Ends(0)));
    // The tag of the body may itself hold template tags: then it ends in a later text.
    let (number, at) = match at {
        BodyTag::Ends(at) => (number, at),
        BodyTag::Open => match tokens
            .iter()
            .enumerate()
            .skip(number + 1)
            .find_map(|(n, t)| {
                let is_text = t.kind == crate::language::TokenKind::Text;
                is_text
                    .then(|| t.text.find('>'))
                    .flatten()
                    .map(|at| (n, at + 1))
            }) {
            Some(found) => found,
            None => return,
        },
    };
    let Some(span) = tokens.get(number).map(|t| t.span) else {
        return;
    };
    let (before, after) = {
        let text = &tokens[number].text;
        (text[..at].to_owned(), text[at..].to_owned())
    };
    let print_it = lex("{{ preview_text }}", span.file)
        .into_iter()
        .map(|mut token| {
            token.span = span;
            token
        });
    let inserted: Vec<Token<'_>> = [Token::text(before + PREHEADER_OPEN, span)]
        .into_iter()
        .chain(print_it)
        .chain([Token::text(PREHEADER_CLOSE.to_owned() + &after, span)])
        .collect();
    tokens.splice(number..=number, inserted);
}

enum BodyTag {
    /// Behind this byte of the token.
    Ends(usize),
    /// In a later token.
    Open,
}

fn body_tag(token: &Token<'_>) -> Option<BodyTag> {
    if token.kind != crate::language::TokenKind::Text {
        return None;
    }
    let start = token.text.to_ascii_lowercase().find("<body")?;
    Some(match token.text[start..].find('>') {
        Some(end) => BodyTag::Ends(start + end + 1),
        None => BodyTag::Open,
    })
}

pub(super) fn after_body_tag(html: &str) -> Option<usize> {
    let start = html.find("<body")?;
    html[start..].find('>').map(|end| start + end + 1)
}

/// A header is one line: white space of any kind becomes one blank, other control characters vanish.
fn one_line(text: &str) -> String {
    let clean: Cow<'_, str> = if text.chars().any(|c| c.is_control() && !c.is_whitespace()) {
        text.chars()
            .filter(|c| !c.is_control() || c.is_whitespace())
            .collect()
    } else {
        text.into()
    };
    clean.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn shown_key(recipient: &Recipient) -> &str {
    match recipient.key() {
        "" => "the given context",
        key => key,
    }
}

impl Email {
    /// Whether it belongs to a flow or to a campaign.
    pub fn kind(&self) -> Kind {
        self.0.manifest.kind
    }
}

/// A skip that needs no template: the address.
pub(super) fn skipped(reason: SkipReason, detail: String) -> Skipped {
    Skipped {
        reason,
        klaviyo: reason.klaviyo(),
        detail,
        at: None,
    }
}
