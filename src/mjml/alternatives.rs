//! Layouts that depend on tags, written out for everybody: the fewest rows round such a tag stand there once for each
//! way in which the tag can turn out, in an `{% if %}`.
//!
//! For a program that knows nobody yet (`letterpress compile` writes for another one, which knows its people but no MJML).
//! It works on the MJML, so what comes out is compiled as any other document. A loop round columns becomes one alternative
//! for each length that its list may have; in each, the loop's turns stand one after the other.

use std::collections::HashSet;

use super::blocks::{Block, Blocks, Region, before};
use super::placement::{COUNTING, TURN};
use super::scan::slice;
use super::tags::{Loop, binding, names, set_by_as};
use super::{Compiled, Loader, Validation, compile_with};
use crate::diagnostic::Diagnostic;
use crate::language::{Dialect, Span, Token};

/// How many alternatives the same rows may have.
const MOST: usize = 16;

/// Makes HTML for everybody of a document that has to be compiled [for each recipient](Compiled::per_recipient): where
/// the layout depends on `{% if %}`, or on a `{% for %}` over a list that is cut to a length, the fewest rows round the tag
/// are written out for each case, 16 at most. The tags have the same values in the HTML as they have in the MJML.
///
/// ```
/// # use letterpress::diagnostic::Source;
/// # use letterpress::language::{lex, Sources};
/// use letterpress::mjml::{alternatives, compile, Loader};
///
/// # let mut sources = Sources::new();
/// let source = Source::new("body.mjml", "<mjml><mj-body><mj-section>
///   <mj-column></mj-column>{% if vip %}<mj-column></mj-column>{% endif %}
/// </mj-section></mj-body></mjml>");
/// # let file = sources.add(source.clone());
/// # let loader = Loader::none(&sources);
/// let compiled = compile(lex(source.text(), file), &loader).unwrap();
/// assert_eq!(compiled.per_recipient.len(), 1);
///
/// let compiled = alternatives(compiled, &loader).unwrap();
/// let html: String = compiled.tokens.iter().map(|token| &*token.text).collect();
/// let (vip, others) = html.split_once("{% else %}").unwrap();
/// assert!(vip.contains("fix mj-column-per-50") && others.contains("fix mj-column-per-100"));
/// ```
///
/// # Errors
/// The layout depends on a tag that can turn out in any number of ways, in more than 16, or on something that is only known
/// further down; each error names the tag.
pub fn alternatives<'s>(
    compiled: Compiled<'s>,
    loader: &Loader<'_, 's>,
) -> Result<Compiled<'s>, Vec<Diagnostic>> {
    if compiled.per_recipient.is_empty() {
        return Ok(compiled);
    }
    let mut writer = Writer {
        loader,
        deciding: HashSet::new(),
    };
    let tokens = writer.html(&compiled.tokens, &mut Count::default())?;
    Ok(Compiled {
        tokens: tokens.into_iter().flat_map(written).collect(),
        findings: compiled.findings,
        per_recipient: Vec::new(),
        deciding: Vec::new(),
    })
}

struct Writer<'w, 'a, 's> {
    loader: &'w Loader<'a, 's>,
    /// Tags that the layout depends on.
    deciding: HashSet<Span>,
}

/// Rows, once for each way in which a block can turn out.
struct Choice<'s> {
    /// What gives names their values before the block is asked.
    before: Vec<Token<'s>>,
    cases: Vec<(Token<'s>, Vec<Token<'s>>)>,
    after: Vec<Token<'s>>,
}

/// How many alternatives some rows have.
#[derive(Default)]
struct Count {
    written: usize,
    /// Cases that come behind those that are being written.
    to_come: usize,
}

/// The rows that a choice is made for, and the block that decides.
struct Decision<'b, 't> {
    region: Region,
    block: &'b Block<'t>,
}

impl<'s> Writer<'_, '_, 's> {
    /// Compiles a document, or says why it cannot be compiled for everybody.
    fn html(
        &mut self,
        mjml: &[Token<'s>],
        count: &mut Count,
    ) -> Result<Vec<Token<'s>>, Vec<Diagnostic>> {
        let one = |error: Box<Diagnostic>| vec![*error];
        loop {
            let blocks = Blocks::of(mjml);
            let decisions = self.decisions(mjml, &blocks).map_err(one)?;
            if let Some(decision) = decisions.iter().find(|decision| decision.region.outermost) {
                // What all of the email depends on: whole documents.
                let all = Region {
                    from: before(0),
                    to: before(mjml.len()),
                    ..decision.region
                };
                let choice = self
                    .choice(mjml, &blocks, decision.block, all)
                    .map_err(one)?;
                let span = mjml[decision.block.first()].span;
                let mut html = choice.before;
                count.to_come += choice.cases.len();
                for (tag, case) in choice.cases {
                    html.push(tag);
                    self.enter(count, span).map_err(one)?;
                    html.extend(self.html(&case, count)?);
                }
                html.extend(choice.after);
                return Ok(html);
            }
            let document = self
                .rows(mjml, &blocks, &decisions, &mut Count::default())
                .map_err(one)?;
            let compiled = compile_with(document, self.loader, Validation::Skip)?;
            if compiled.per_recipient.is_empty() {
                count.written += 1;
                return Ok(compiled.tokens);
            }
            if !self.learn(&compiled.deciding, &blocks, mjml) {
                let mut errors: Vec<Diagnostic> = Vec::new();
                for error in compiled.per_recipient.into_iter().map(unknowable) {
                    // Of rows that are there more than once each says the same.
                    if !errors
                        .iter()
                        .any(|told| told.to_string() == error.to_string())
                    {
                        errors.push(error);
                    }
                }
                return Err(errors);
            }
        }
    }

    /// Notes what the layout was found to depend on; false if that is nothing new.
    fn learn(&mut self, found: &[Span], blocks: &Blocks<'_>, tokens: &[Token<'s>]) -> bool {
        let known = self.deciding.len();
        let found: HashSet<&Span> = found.iter().collect();
        for block in blocks.blocks.iter().filter(|block| can_decide(block)) {
            if block
                .tags
                .iter()
                .any(|tag| found.contains(&tokens[*tag].span))
            {
                self.deciding.insert(tokens[block.first()].span);
            }
        }
        if self.deciding.len() > known {
            return true;
        }
        // What was found is no tag: a second document, which a tag chooses.
        for span in found {
            let holds = |token: &Token<'s>| {
                token.span.file == span.file
                    && (token.span.start..token.span.end).contains(&span.start)
            };
            let Some(number) = tokens.iter().position(holds) else {
                continue;
            };
            let round = |block: &&Block<'_>| (block.first()..block.last()).contains(&number);
            let block = blocks
                .blocks
                .iter()
                .rfind(round)
                .filter(|block| can_decide(block));
            if let (false, Some(block)) = (tokens[number].is_markup(), block) {
                self.deciding.insert(tokens[block.first()].span);
            }
        }
        self.deciding.len() > known
    }

    /// What is to be decided in these tokens, in order; none of the rows overlap.
    fn decisions<'b, 't>(
        &self,
        tokens: &[Token<'s>],
        blocks: &'b Blocks<'t>,
    ) -> Result<Vec<Decision<'b, 't>>, Box<Diagnostic>> {
        let mut found: Vec<Decision<'b, 't>> = Vec::new();
        let decides = |block: &&Block<'t>| {
            can_decide(block) && self.deciding.contains(&tokens[block.first()].span)
        };
        for mut block in blocks.blocks.iter().filter(decides) {
            let mut region = blocks.region(block);
            // A condition may only be asked where those round it hold, so the outermost in these rows comes first.
            let inside = |region: Region, round: &&Block<'t>| {
                region.contains(round) && !is_moved(round) && round.name != "autoescape"
            };
            while let Some(round) = blocks
                .round(block)
                .filter(|round| inside(region, round))
                .last()
            {
                (block, region) = (round, blocks.region(round));
            }
            if !can_decide(block) {
                let tag = &tokens[block.first()];
                return Err(self.error(
                    format!("The layout depends on a tag inside '{}'", block.name),
                    tag.span,
                    "what stands in it may depend on it",
                    "put the {% if %} round it",
                ));
            }
            found.push(Decision { region, block });
        }
        found.sort_by_key(|decision| (decision.region.from, std::cmp::Reverse(decision.region.to)));
        let mut apart: Vec<Decision<'b, 't>> = Vec::new();
        for decision in found {
            match apart.last_mut() {
                // Decided later, in each case of the one before.
                Some(last) if decision.region.from < last.region.to => {
                    last.region.to = last.region.to.max(decision.region.to);
                    last.region.whole |= decision.region.whole;
                }
                _ => apart.push(decision),
            }
        }
        Ok(apart)
    }

    /// The tokens with their rows written out; `count` is of the alternatives of these tokens as a whole.
    fn rows(
        &self,
        tokens: &[Token<'s>],
        blocks: &Blocks<'_>,
        decisions: &[Decision<'_, '_>],
        count: &mut Count,
    ) -> Result<Vec<Token<'s>>, Box<Diagnostic>> {
        let mut out = Vec::with_capacity(tokens.len());
        let mut copied = before(0);
        let mut is_leaf = true;
        for decision in decisions {
            let region = decision.region;
            let span = tokens[decision.block.first()].span;
            let mut own = Count::default();
            let count = if region.whole { &mut *count } else { &mut own };
            is_leaf &= !region.whole;
            out.extend(slice(tokens, copied, region.from));
            let choice = self.choice(tokens, blocks, decision.block, region)?;
            out.extend(choice.before);
            count.to_come += choice.cases.len();
            for (tag, case) in choice.cases {
                out.push(tag);
                self.enter(count, span)?;
                let blocks = Blocks::of(&case);
                let decisions = self.decisions(&case, &blocks)?;
                out.extend(self.rows(&case, &blocks, &decisions, count)?);
            }
            out.extend(choice.after);
            copied = region.to;
        }
        out.extend(slice(tokens, copied, before(tokens.len())));
        count.written += usize::from(is_leaf);
        Ok(out)
    }

    /// These rows for each way in which a block in them can turn out.
    fn choice(
        &self,
        tokens: &[Token<'s>],
        blocks: &Blocks<'_>,
        block: &Block<'_>,
        region: Region,
    ) -> Result<Choice<'s>, Box<Diagnostic>> {
        let mut outer: Vec<&Block<'_>> = blocks
            .round(block)
            .filter(|outer| region.contains(outer) && outer.name != "autoescape")
            .collect();
        outer.reverse();
        self.can_move(tokens, blocks, block, &outer, region)?;
        let mut choice = Choice {
            before: outer
                .iter()
                .map(|outer| tokens[outer.first()].clone())
                .collect(),
            cases: Vec::new(),
            after: Vec::new(),
        };
        let end = tokens[block.last()].span;
        let made = |text: String| Token::tag(text, tokens[block.first()].span);
        if block.name == "for" {
            let (looped, most) = self.turns(&tokens[block.first()])?;
            for turns in (1..=most).chain([0]) {
                let test = match turns {
                    0 => "{% else %}".to_owned(),
                    1 => format!("{{% if {}|length == 1 %}}", looped.list),
                    _ => format!("{{% elif {}|length == {turns} %}}", looped.list),
                };
                let test = if most == 0 {
                    "{% if True %}".to_owned()
                } else {
                    test
                };
                let mut case = slice(tokens, region.from, block.from());
                for turn in 0..turns {
                    case.push(made(format!("{{% {TURN} {turn} {} %}}", looped.tag)));
                    case.extend(part(tokens, block, 0));
                    case.push(made(format!("{{% end{TURN} %}}")));
                }
                if turns == 0 && block.tags.len() > 2 {
                    case.extend(part(tokens, block, 1));
                }
                case.extend(slice(tokens, block.to(), region.to));
                choice.cases.push((made(test), case));
            }
        } else {
            // What has the very same conditions turns out the same way.
            let texts = |block: &Block<'_>| -> Vec<&str> {
                block.tags.iter().map(|tag| &*tokens[*tag].text).collect()
            };
            let same: Vec<&Block<'_>> = blocks
                .blocks
                .iter()
                .filter(|other| region.contains(other) && texts(other) == texts(block))
                .filter(|other| blocks.round(other).eq(blocks.round(block)))
                .collect();
            let has_else = tokens[block.tags[block.tags.len() - 2]].tag_name() == "else";
            let parts = block.tags.len() - 1;
            for number in 0..parts + usize::from(!has_else) {
                let tag = match number < parts {
                    true => tokens[block.tags[number]].clone(),
                    false => made("{% else %}".to_owned()),
                };
                let mut case = Vec::new();
                let mut copied = region.from;
                for block in &same {
                    case.extend(slice(tokens, copied, block.from()));
                    if number < parts {
                        case.extend(part(tokens, block, number));
                    }
                    copied = block.to();
                }
                case.extend(slice(tokens, copied, region.to));
                choice.cases.push((tag, case));
            }
        }
        choice.after.push(Token::tag("{% endif %}", end));
        for outer in outer.iter().rev() {
            choice.after.push(tokens[outer.last()].clone());
        }
        Ok(choice)
    }

    /// Whether a block means the same before the rows as where it stands, with the tags of `outer` put before it.
    fn can_move(
        &self,
        tokens: &[Token<'s>],
        blocks: &Blocks<'_>,
        block: &Block<'_>,
        outer: &[&Block<'_>],
        region: Region,
    ) -> Result<(), Box<Diagnostic>> {
        let inside = region.from.token..region.to.token;
        let tags = || {
            inside
                .clone()
                .filter_map(|number| Some((number, tokens.get(number)?)))
                .filter(|(_, token)| token.is_markup())
        };
        let once =
            |token: &Token<'s>| COUNTING.contains(&token.tag_name()) || token.tag_name() == "block";
        if let Some((_, tag)) = tags().find(|(_, token)| once(token)) {
            return Err(self.error(
                format!(
                    "'{}' stands in rows whose layout depends on a tag",
                    tag.tag_name()
                ),
                tag.span,
                "would stand in the HTML once for each case",
                "write it in a section of its own",
            ));
        }
        let asked: HashSet<&str> = block
            .tags
            .iter()
            .flat_map(|tag| names(&tokens[*tag]))
            .collect();
        for (_, token) in tags() {
            if let Some(name) = set_by_as(token).filter(|name| asked.contains(name)) {
                return Err(self.moves(name, token.span));
            }
        }
        for outer in outer {
            if !is_moved(outer) {
                return Err(self.error(
                    "The layout depends on tags that overlap".to_owned(),
                    tokens[outer.first()].span,
                    "ends in other rows than it starts in",
                    "open and close it round the same rows",
                ));
            }
            let opening = &tokens[outer.first()];
            let (bound, read) = binding(opening);
            let binds_too = |number: usize| {
                blocks.blocks.iter().any(|other| {
                    (other.first() + 1..other.last()).contains(&number)
                        && (other == *outer
                            || binding(&tokens[other.first()]).0.is_superset(&bound))
                })
            };
            let elsewhere = tags()
                .filter(|(number, _)| !outer.tags.contains(number) && !binds_too(*number))
                .flat_map(|(_, token)| match token.tag_name() {
                    "with" | "for" | TURN => binding(token).1,
                    _ => names(token).collect(),
                });
            if let Some(name) = elsewhere.chain(read).find(|name| bound.contains(name)) {
                return Err(self.moves(name, opening.span));
            }
        }
        Ok(())
    }

    /// What is known of a loop: its tag, and how often it turns at most.
    fn turns<'t>(&self, tag: &'t Token<'s>) -> Result<(Loop<'t>, usize), Box<Diagnostic>> {
        let found = Loop::of(tag).filter(|_| self.loader.dialect == Dialect::Klaviyo);
        let most = found.as_ref().and_then(Loop::most);
        match (found, most) {
            (Some(found), Some(most)) if most < MOST => Ok((found, most)),
            _ => Err(self.error(
                "The layout depends on how often this loop turns".to_owned(),
                tag.span,
                "may turn any number of times",
                "cut the list: {% for item in items|slice:\":4\" %}, 15 at most",
            )),
        }
    }

    /// Counts a case that is being written: it and each that is to come are an alternative at least.
    fn enter(&self, count: &mut Count, at: Span) -> Result<(), Box<Diagnostic>> {
        count.to_come -= 1;
        if count.written + 1 + count.to_come <= MOST {
            return Ok(());
        }
        Err(self.error(
            format!("There are more than {MOST} ways in which these rows can be laid out"),
            at,
            "depends on this tag, and on others beside it",
            "put the tags round whole sections, or columns that do not depend on each other into sections of their own",
        ))
    }

    fn moves(&self, name: &str, at: Span) -> Box<Diagnostic> {
        self.error(
            format!("What the layout depends on is only known further down: '{name}'"),
            at,
            "the name has another value before these rows",
            "put this tag before the section, or give the name another name",
        )
    }

    fn error(&self, title: String, at: Span, label: &str, help: &str) -> Box<Diagnostic> {
        let error = Diagnostic::error("alternatives", title);
        Box::new(error.at(self.loader.sources.locate(at), label).help(help))
    }
}

/// Whether a block turns out in a number of ways that can be told.
fn can_decide(block: &Block<'_>) -> bool {
    matches!(block.name, "if" | "for")
}

/// Whether a block only gives names their values, so that it may stand before the rows as well.
fn is_moved(block: &Block<'_>) -> bool {
    matches!(block.name, "with" | TURN)
}

/// What stands between two tags of a block.
fn part<'s>(tokens: &[Token<'s>], block: &Block<'_>, number: usize) -> Vec<Token<'s>> {
    slice(
        tokens,
        before(block.tags[number] + 1),
        before(block.tags[number + 1]),
    )
}

/// One turn of a loop, in the language's own tags.
fn written(token: Token<'_>) -> Vec<Token<'_>> {
    let end = ["end", TURN].concat();
    let (content, _) = token.inner();
    if token.tag_name() == end {
        return ["{% endif %}", "{% endfor %}"]
            .map(|tag| Token::tag(tag, token.span))
            .into();
    }
    match content
        .strip_prefix(TURN)
        .and_then(|rest| rest.trim_start().split_once(' '))
    {
        Some((turn, looped)) if token.tag_name() == TURN => [
            format!("{{% {looped} %}}"),
            format!("{{% if forloop.counter0 == {turn} %}}"),
        ]
        .map(|tag| Token::tag(tag, token.span))
        .into(),
        _ => vec![token],
    }
}

/// A reason why a document is compiled for each recipient, as an error: nobody can say in how many ways it turns out.
fn unknowable(reason: Diagnostic) -> Diagnostic {
    let why = reason.title.rsplit(": ").next().unwrap_or_default();
    let mut error = Diagnostic::error(
        "alternatives",
        format!("The layout cannot be written out for everybody: {why}"),
    );
    error.primary = reason.primary;
    error.labels = reason.labels;
    error.help = reason.help;
    error
}
