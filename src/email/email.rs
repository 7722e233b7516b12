//! A compiled email: its parts, and what they make for one person.

use std::borrow::Cow;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::batch::{Batch, Summary, Turn};
use super::body::{self, Body, BodySource, Ended, print, printed};
use super::door::Door;
use super::list_id::list_id;
use super::manifest::{Kind, Manifest, Text};
use super::outcome::{Failed, Header, Mailbox, Outcome, Rendered, Sizes, Skipped};
use super::preheader::PREVIEW_TEXT;
use super::trace::{EmailTrace, Slot, settle};
use super::{Compiling, Recipient, World, address};
use crate::data::{Event, lazy};
use crate::diagnostic::Diagnostic;
use crate::language::{
    Channel, Dialect, FileId, Library, Link, Needs, SkipReason, Stop, Template, lex_in,
};
use crate::links::Purpose;
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

impl Email {
    /// Compiles the email of this name.
    ///
    /// # Errors
    /// All errors of all its parts.
    pub(super) fn compile(
        name: &str,
        manifest: Manifest,
        compiling: Compiling<'_>,
        library: &Arc<Library>,
    ) -> Result<Email, Vec<Diagnostic>> {
        let mut errors = Vec::new();
        let mut findings = Vec::new();
        let mut template = |text: &Option<Text>| -> Option<Template> {
            let text = text.as_ref()?;
            let manifest_name = format!("{name}/email.toml");
            let file = library.file(&manifest_name)?;
            let span = crate::language::Span::new(file, text.at.start, text.at.end);
            let mut tokens = lex_in(manifest.dialect, &text.value, span);
            if !text.plain {
                // The file spells it with escapes: places are the whole value's.
                tokens.iter_mut().for_each(|token| token.span = span);
            }
            library
                .compile_in(manifest.dialect, &manifest_name, &tokens)
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
                let parts = BodySource {
                    name: body,
                    dialect: manifest.dialect,
                    text: text.as_deref(),
                    has_preheader: preheader.is_some(),
                    may_lack_blocks: false,
                    compiling,
                };
                body::compile(&parts, library, &mut findings)
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
        dialect: Dialect,
        compiling: Compiling<'_>,
        library: &Arc<Library>,
    ) -> Result<Email, Vec<Diagnostic>> {
        let mut findings = Vec::new();
        let plain = name.ends_with(".txt");
        let (body, source, mut needs) = if plain {
            let tokens = library.tokens_in(dialect, name).unwrap_or_default();
            body::within_limits(name, &tokens, library)?;
            let body = Body::Plain(library.compile_in(dialect, name, &tokens)?);
            (body, printed(&tokens), Needs::default())
        } else {
            let parts = BodySource {
                name,
                dialect,
                text: None,
                has_preheader: false,
                may_lack_blocks: true,
                compiling,
            };
            body::compile(&parts, library, &mut findings)?
        };
        body.templates().for_each(|part| needs.extend(part.needs()));
        Ok(Email(Arc::new(Parts {
            name: name.to_owned(),
            manifest: Manifest {
                dialect,
                ..Manifest::default()
            },
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
        let headers = {
            let unsubscribe = match parts.manifest.transactional {
                true => None,
                false => door.known(Purpose::Unsubscribe),
            };
            self.headers(unsubscribe, &from)
        };
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
            date: recipient.date().unwrap_or_else(|| world.now().timestamp()),
            id: hexadecimal(&digest[..16]),
            warnings: Vec::new(),
        })
    }

    /// What mail programs read: how to unsubscribe, which list it belongs to, that no person wrote it.
    fn headers(&self, unsubscribe: Option<String>, from: &str) -> Vec<Header> {
        let Parts { name, manifest, .. } = &*self.0;
        let mut headers = Vec::new();
        if !manifest.transactional {
            if let Some(url) = unsubscribe {
                headers.push(Header::new("List-Unsubscribe", format!("<{url}>")));
                // RFC 8058: only an https address can be one-click.
                if url.starts_with("https:") {
                    headers.push(Header::new(
                        "List-Unsubscribe-Post",
                        "List-Unsubscribe=One-Click",
                    ));
                }
            }
            headers.extend(list_id(name, from).map(|id| Header::new("List-Id", id)));
        }
        // RFC 3834: what an event made a machine send. Autoresponders leave it alone. A campaign was written and sent by
        // somebody, who may get answers.
        if manifest.transactional || manifest.kind == Kind::Flow {
            headers.push(Header::new("Auto-Submitted", "auto-generated"));
        }
        headers
    }

    /// What identifies this message: the same for the same email, person, event and seed, another for any other.
    fn digest(&self, recipient: &Recipient, world: &dyn World) -> [u8; 32] {
        let event = recipient.triggering_event().map(|event| &**event);
        digest(world.seed(), &self.0.name, recipient.key(), event)
    }
}

fn digest(seed: u64, email: &str, person: &str, event: Option<&Event>) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(seed.to_le_bytes());
    hash.update((email.len() as u64).to_le_bytes());
    hash.update(email);
    hash.update((person.len() as u64).to_le_bytes());
    hash.update(person);
    // The next cart that the same person leaves behind is another message.
    if let Some(event) = event {
        hash.update(event.id());
        hash.update(event.time.as_second().to_le_bytes());
    }
    hash.finalize().into()
}

/// The id of a message, without rendering it: [`Rendered::id`].
#[cfg(feature = "feedback")]
pub(crate) fn message_id(seed: u64, email: &str, person: &str, event: Option<&Event>) -> String {
    hexadecimal(&digest(seed, email, person, event)[..16])
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |of: u8| char::from(DIGITS[usize::from(of)]);
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

/// The names that the world gives: `organization` and `feeds`, a person's own feeds first.
fn world_names(recipient: &Recipient, world: &dyn World) -> Value {
    let feeds = match recipient.feeds() {
        [] => world.feeds().clone(),
        own => lazy::value(OwnFeeds {
            own: own.to_vec(),
            others: world.feeds().clone(),
        }),
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
    /// The files that its parts include.
    pub(crate) fn included(&self) -> Vec<FileId> {
        let included = self.templates().flat_map(|part| part.included());
        included.copied().collect()
    }

    /// Whether a part in Jinja is seen to ask for a link.
    pub(crate) fn asks_for(&self, link: Link) -> bool {
        self.templates().any(|part| part.asks_for(link))
    }

    fn templates(&self) -> impl Iterator<Item = &Template> {
        let parts = &*self.0;
        let lines = [
            &parts.subject,
            &parts.preheader,
            &parts.from,
            &parts.reply_to,
        ];
        lines.into_iter().flatten().chain(parts.body.templates())
    }

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

/// A person's feeds, and those that everybody sees: which are made when they are read, if ever.
struct OwnFeeds {
    own: Vec<(Arc<str>, Value)>,
    others: Value,
}

impl lazy::Named for OwnFeeds {
    fn get(&self, name: &str) -> Option<Value> {
        let own = self.own.iter().rev().find(|(own, _)| &**own == name);
        match own {
            Some((_, items)) => Some(items.clone()),
            None => crate::value::key(&self.others, name),
        }
    }

    fn names(&self) -> Vec<Value> {
        let mut names: Vec<Value> = Vec::new();
        let own = self.own.iter().map(|(name, _)| Value::from(&**name));
        let others = crate::value::items(&self.others).unwrap_or_default();
        for name in own.chain(others) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }
}
