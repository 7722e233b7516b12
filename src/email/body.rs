//! The body of an email: how it is compiled, and what it makes for one person.

use std::cell::RefCell;
use std::sync::Arc;

use super::door::Door;
use super::preheader::{self, PREVIEW_TEXT};
use super::trace::{EmailTrace, Slot, settle};
use super::universal::{Blocks, Markup};
use super::{Compiling, Layouts, findings as look, in_place, layouts, universal};
use crate::diagnostic::{Diagnostic, Source};
use crate::language::{
    Channel, Dialect, Library, Needs, Options, Sources, Span, Stop, Template, Token,
};
use crate::mjml::{self, Validation};
use crate::plaintext;
use crate::value::Value;

/// How many tags, and texts between them, a body may have: what is made of each takes more room than the tag.
const MOST_TOKENS: usize = 500_000;

/// The body of an email.
#[derive(Debug)]
pub(super) enum Body {
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
        validation: Validation,
        /// What the MJML is called in messages, once its tags have run.
        shown: String,
    },
    /// HTML in Jinja, compiled once for everybody. Its text part is derived from the finished HTML: what a macro or a
    /// block that was set prints is known to be HTML only then.
    Finished {
        html: Template,
        text: Option<Template>,
    },
    /// A text that is no HTML: what a single file that is neither `.mjml` nor `.html` holds.
    Plain(Template),
}

/// What ended a render.
pub(super) enum Ended<'e> {
    By(&'e Template, Stop),
    Mjml(Vec<Diagnostic>),
}

impl Body {
    pub(super) fn templates(&self) -> impl Iterator<Item = &Template> {
        match self {
            Body::Once { html, text, .. } => [Some(html), Some(text)],
            Body::ForEach { mjml, text, .. } => [Some(mjml), text.as_ref()],
            Body::Finished { html, text } => [Some(html), text.as_ref()],
            Body::Plain(text) => [Some(text), None],
        }
        .into_iter()
        .flatten()
    }

    pub(super) fn render<'e>(
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
                validation,
                shown,
            } => {
                let source = print(mjml, data, door, Channel::Html, html_trace.as_deref_mut());
                if let Some(Some(trace)) = html_trace {
                    trace.forget_output();
                }
                // What is wrong with it is shown as it stands now.
                let source = Source::new(shown, source?);
                let mut sources = Sources::new();
                let at = Span::new(sources.add(source.clone()), 0, source.text().len());
                // The text is finished: braces in a person's name are no tags.
                let tokens = vec![Token::text(source.text(), at)];
                let loader = mjml::Loader::none(&sources);
                let compiled =
                    mjml::compile_with(tokens, &loader, *validation).map_err(Ended::Mjml)?;
                let mut html = printed(&compiled.tokens);
                let derived = match text {
                    Some(text) => {
                        print(text, data, door, Channel::Plain, text_trace.as_deref_mut())?
                    }
                    None => printed(&plaintext::from_html(&compiled.tokens)),
                };
                let preview =
                    crate::value::key(data.last().unwrap_or(&Value::UNDEFINED), PREVIEW_TEXT);
                if *preheader
                    && let (Some(preview), Some(at)) = (preview, preheader::after_body_tag(&html))
                {
                    html.insert_str(at, &preheader::hidden(&crate::value::text(&preview)));
                }
                let tidy = plaintext::tidy(&derived);
                settle(text_trace, &derived, &tidy);
                Ok((html, tidy.into_owned()))
            }
            Body::Finished { html, text } => {
                let html = print(html, data, door, Channel::Html, html_trace)?;
                let text = match text {
                    Some(text) => {
                        print(text, data, door, Channel::Plain, text_trace.as_deref_mut())?
                    }
                    // Finished: braces in a person's name are no tags.
                    None => printed(&plaintext::from_html(&[Token::text(
                        html.as_str(),
                        Default::default(),
                    )])),
                };
                let tidy = plaintext::tidy(&text).into_owned();
                settle(text_trace, &text, &tidy);
                Ok((html, tidy))
            }
            Body::Plain(text) => {
                let text = print(text, data, door, Channel::Plain, text_trace)?;
                Ok((text.clone(), text))
            }
        }
    }
}

pub(super) fn print<'e>(
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

/// What a body is compiled from.
pub(super) struct BodySource<'b> {
    pub(super) name: &'b str,
    pub(super) dialect: Dialect,
    /// The text part, if its author wrote one.
    pub(super) text: Option<&'b str>,
    pub(super) has_preheader: bool,
    /// Whether a universal content block may be missing.
    pub(super) may_lack_blocks: bool,
    pub(super) compiling: Compiling<'b>,
}

/// Compiles a body: the templates, the HTML with its tags, and the universal content blocks it needs.
pub(super) fn compile(
    parts: &BodySource<'_>,
    library: &Arc<Library>,
    findings: &mut Vec<Diagnostic>,
) -> Result<(Body, String, Needs), Vec<Diagnostic>> {
    let (name, dialect) = (parts.name, parts.dialect);
    let validation = parts.compiling.validation.unwrap_or_default();
    let mut tokens = library.tokens_in(dialect, name).unwrap_or_default();
    within_limits(name, &tokens, library)?;
    if dialect == Dialect::Klaviyo {
        findings.extend(look::of_text(&tokens, library));
    }
    let is_mjml = name.ends_with(".mjml");
    let markup = if is_mjml { Markup::Mjml } else { Markup::Html };
    let mut blocks =
        Blocks::new(library, dialect, markup, parts.may_lack_blocks).validated(validation);
    tokens = blocks.expand(tokens);
    let own_preheader = parts.has_preheader && !preheader::is_shown_by(&tokens, library);
    let author_text = match parts.text {
        Some(text_name) => Some(library.template_in(dialect, text_name)?),
        None => None,
    };
    let mut per_recipient = false;
    let mut errors = Vec::new();
    if is_mjml {
        if dialect == Dialect::Klaviyo {
            tokens = layouts::placed(name, tokens, library);
        }
        let blocks = RefCell::new(&mut blocks);
        let loader = mjml::Loader {
            sources: library.sources(),
            name,
            dialect,
            load: &|name| {
                Some(
                    blocks
                        .borrow_mut()
                        .expand(library.tokens_in(dialect, name)?),
                )
            },
            names: &|| library.names().into_iter().map(str::to_owned).collect(),
            picked: match parts.compiling.layouts {
                Layouts::WrittenOut => parts.compiling.picked,
                Layouts::ForEach => None,
            },
        };
        let mjml = std::mem::take(&mut tokens);
        let mut compiled = mjml::compile_with(mjml, &loader, validation);
        if let (Layouts::WrittenOut, Ok(mjml)) = (parts.compiling.layouts, &compiled)
            && !mjml.per_recipient.is_empty()
        {
            // What is wrong with the tags themselves comes first.
            library.compile_in(dialect, name, &mjml.tokens)?;
            compiled = compiled.and_then(|mjml| mjml::alternatives(mjml, &loader));
        }
        match compiled {
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
        preheader::insert(&mut tokens);
    }
    let html = library.compile_in(dialect, name, &tokens)?;
    findings.extend(look::of_references(&tokens, html.included(), library));
    findings.extend(universal::in_partials(html.included(), library));
    let whole = match dialect {
        Dialect::Klaviyo => {
            let one = layouts::placed(name, tokens, library);
            in_place::includes(name, &one, library)
        }
        // Another program that reads Jinja has includes as well.
        Dialect::Jinja => tokens,
    };
    if parts.compiling.layouts == Layouts::WrittenOut && dialect == Dialect::Klaviyo {
        nothing_stays(&whole, library)?;
    }
    let written = |token| library.sources().as_written(token);
    let source = whole.iter().map(written).collect();
    if per_recipient {
        let file = library.file(name);
        let written = file.map_or(name, |file| library.sources().get(file).name());
        let body = Body::ForEach {
            mjml: html,
            preheader: own_preheader,
            text: author_text,
            validation,
            shown: format!("{written} with its tags run"),
        };
        return Ok((body, source, needs));
    }
    if dialect == Dialect::Jinja {
        let body = Body::Finished {
            html,
            text: author_text,
        };
        return Ok((body, source, needs));
    }
    let (text, text_channel) = match author_text {
        Some(text) => (text, Channel::Plain),
        None => {
            let text_tokens = plaintext::from_html(&whole);
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

/// Refuses a file that is larger than any email.
pub(super) fn within_limits(
    name: &str,
    tokens: &[Token<'_>],
    library: &Library,
) -> Result<(), Vec<Diagnostic>> {
    let size: usize = tokens.iter().map(|token| token.text.len()).sum();
    let most = library.limits().source;
    let title = match (size > most, tokens.len() > MOST_TOKENS) {
        (true, _) => format!("'{name}' is {size} bytes, more than {most}"),
        (_, true) => format!("'{name}' has more than {MOST_TOKENS} tags and texts between them"),
        _ => return Ok(()),
    };
    Err(vec![Diagnostic::error("limit-source", title)])
}

/// Whether a program that has none of our files can read these tokens.
fn nothing_stays(tokens: &[Token<'_>], library: &Library) -> Result<(), Vec<Diagnostic>> {
    let mut errors = Vec::new();
    let mut in_comment = false;
    for tag in tokens {
        match tag.tag_name() {
            "comment" => in_comment = true,
            "endcomment" => in_comment = false,
            name @ ("include" | "extends") if !in_comment => errors.push(
                Diagnostic::error("not-inlined", format!("This '{name}' cannot be put in place"))
                    .at(library.sources().locate(tag.span), "Klaviyo has no such files")
                    .help("write the name in quotes, without 'only'; 'cycle' and 'ifchanged' cannot stand in what is included"),
            ),
            _ => {}
        }
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(errors)
    }
}

pub(super) fn printed(tokens: &[Token<'_>]) -> String {
    tokens.iter().map(|token| &*token.text).collect()
}
