//! What template tags do to the text around them, and which stretches of them can go without breaking a pair.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use crate::language::{Token, TokenKind};

/// How often the inside of a block is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Block {
    /// Once, always: `with`, `catalog`.
    Once,
    /// One of its branches or none: `if`.
    Maybe,
    /// Any number of times: `for`, and blocks that are not known here.
    Loop,
}

/// What a tag does to the text around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Opens a block.
    Open(Block),
    /// Begins another branch: `elif`, `else`, `empty`.
    Middle,
    /// Closes a block.
    Close,
    /// Prints nothing, but sets something: `{% today "%Y" as year %}`.
    Set,
    /// Prints nothing and sets nothing.
    Idle,
    /// Prints.
    Print,
}

impl Role {
    /// Whether it opens, divides or closes a block.
    pub(super) fn is_control(self) -> bool {
        matches!(self, Role::Open(_) | Role::Middle | Role::Close)
    }
}

/// The template tags of a document in their order. A tag is meant by its ordinal here.
pub(super) struct Tags<'t, 's> {
    tags: Vec<(&'t Token<'s>, Role)>,
    /// For each tag, the first with the same text.
    alike: Vec<usize>,
    /// How many blocks are open before each tag, and after the last.
    depth: Vec<i64>,
    /// How many loops are open before each tag, and after the last.
    loops: Vec<usize>,
    /// For each tag, the first at or after it that reaches out of the block in which that tag stands.
    leaves: Vec<usize>,
    /// How many tags before each, and before the end, set something.
    setters: Vec<usize>,
    /// For each token, the ordinal of its tag; none for texts and for what a `{% comment %}` holds.
    ordinals: Vec<Option<usize>>,
    /// For each token, whether it lies in a `{% comment %}`.
    commented: Vec<bool>,
}

impl<'t, 's> Tags<'t, 's> {
    pub(super) fn of(tokens: &'t [Token<'s>]) -> Tags<'t, 's> {
        let commented = commented(tokens);
        let names: HashSet<&str> = tokens.iter().map(Token::tag_name).collect();
        let ends = names.iter().filter_map(|name| name.strip_prefix("end"));
        let blocks: HashSet<&str> = ends.filter(|name| names.contains(name)).collect();
        let mut tags = Vec::new();
        let mut firsts: HashMap<&str, usize> = HashMap::new();
        let mut alike = Vec::new();
        let mut ordinals = Vec::with_capacity(tokens.len());
        let (mut depth, mut setters) = (vec![0], vec![0]);
        let (mut open, mut set) = (0, 0);
        let (mut loops, mut turning) = (vec![0], Vec::new());
        for (token, &commented) in tokens.iter().zip(&commented) {
            if commented || matches!(token.kind, TokenKind::Text | TokenKind::Comment) {
                ordinals.push(None);
                continue;
            }
            ordinals.push(Some(tags.len()));
            let role = role(token, &blocks);
            match role {
                Role::Open(block) => {
                    open += 1;
                    turning.push(turning.last().unwrap_or(&0) + usize::from(block == Block::Loop));
                }
                Role::Close => {
                    open -= 1;
                    turning.pop();
                }
                Role::Set => set += 1,
                Role::Middle | Role::Idle | Role::Print => {}
            }
            alike.push(*firsts.entry(&token.text).or_insert(tags.len()));
            tags.push((token, role));
            depth.push(open);
            loops.push(turning.last().copied().unwrap_or(0));
            setters.push(set);
        }
        let leaves = leaves(&tags, &depth);
        Tags {
            tags,
            alike,
            depth,
            loops,
            leaves,
            setters,
            ordinals,
            commented,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.tags.len()
    }

    pub(super) fn token(&self, tag: usize) -> &'t Token<'s> {
        self.tags[tag].0
    }

    pub(super) fn role(&self, tag: usize) -> Role {
        self.tags[tag].1
    }

    /// The tag that a token is, if it is one that counts.
    pub(super) fn ordinal(&self, token: usize) -> Option<usize> {
        self.ordinals[token]
    }

    /// Whether a token lies in a `{% comment %}`.
    pub(super) fn is_commented(&self, token: usize) -> bool {
        self.commented[token]
    }

    /// The first tag with the same text.
    pub(super) fn first_alike(&self, tag: usize) -> usize {
        self.alike[tag]
    }

    /// How many blocks are open before a tag.
    pub(super) fn depth(&self, tag: usize) -> i64 {
        self.depth[tag]
    }

    /// How many loops are open before a tag.
    pub(super) fn loops(&self, tag: usize) -> usize {
        self.loops[tag]
    }

    /// Whether no block reaches into or out of these tags.
    pub(super) fn balanced(&self, tags: &Range<usize>) -> bool {
        tags.is_empty()
            || (self.depth[tags.start] == self.depth[tags.end]
                && self.leaves[tags.start] >= tags.end)
    }

    /// Which of these tags must stay when the text that they stand in is dropped.
    pub(super) fn kept(&self, tags: Range<usize>) -> impl Iterator<Item = usize> {
        let sets = self.setters[tags.start] < self.setters[tags.end.max(tags.start)];
        let any = sets || !self.balanced(&tags);
        tags.filter(move |&tag| any && (self.role(tag).is_control() || self.role(tag) == Role::Set))
    }
}

/// Which tokens lie in a `{% comment %}` that ends, its tags included.
fn commented(tokens: &[Token<'_>]) -> Vec<bool> {
    let mut commented = vec![false; tokens.len()];
    let mut start = None;
    for (number, token) in tokens.iter().enumerate() {
        match (start, token.tag_name()) {
            (None, "comment") => start = Some(number),
            (Some(from), "endcomment") => {
                commented[from..=number].fill(true);
                start = None;
            }
            _ => {}
        }
    }
    commented
}

/// `blocks` are the names of tags that are both opened and closed.
fn role(token: &Token<'_>, blocks: &HashSet<&str>) -> Role {
    if token.kind != TokenKind::Tag {
        return Role::Print;
    }
    let name = token.tag_name();
    let (content, _) = token.inner();
    match name {
        "with" | "catalog" | "autoescape" | "filter" | "spaceless" | "verbatim" | "block"
        | "language" | "localize" => Role::Open(Block::Once),
        "if" | "ifchanged" => Role::Open(Block::Maybe),
        "for" => Role::Open(Block::Loop),
        "elif" | "else" | "empty" => Role::Middle,
        "load" | "extends" | "csrf_token" | "debug" => Role::Idle,
        "regroup" | "resetcycle" => Role::Set,
        "cycle" if content.ends_with(" silent") => Role::Set,
        "cycle" => Role::Print,
        _ if name
            .strip_prefix("end")
            .is_some_and(|name| blocks.contains(name)) =>
        {
            Role::Close
        }
        _ if blocks.contains(name) => Role::Open(Block::Loop),
        _ if content.split_whitespace().rev().nth(1) == Some("as") => Role::Set,
        _ => Role::Print,
    }
}

/// For each tag, the first at or after it that takes the depth below the one before that tag.
fn leaves(tags: &[(&Token<'_>, Role)], depth: &[i64]) -> Vec<usize> {
    let mut leaves = vec![tags.len(); tags.len()];
    // From the back: the tags ahead that reach lower than all between here and them, the nearest on top.
    let mut lower: Vec<(i64, usize)> = Vec::new();
    for (number, (_, role)) in tags.iter().enumerate().rev() {
        let here = depth[number];
        let reached = match role {
            Role::Middle | Role::Close => here - 1,
            _ => here,
        };
        while lower.last().is_some_and(|&(other, _)| other >= reached) {
            lower.pop();
        }
        lower.push((reached, number));
        let below = lower.partition_point(|&(other, _)| other < here);
        if let Some(&(_, found)) = below.checked_sub(1).and_then(|at| lower.get(at)) {
            leaves[number] = found;
        }
    }
    leaves
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::{FileId, lex};

    #[test]
    fn balance() {
        let tokens = lex(
            "{% if a %}{{ b }}{% else %}{% for x in y %}{% endfor %}{% endif %}{{ c }}",
            FileId(0),
        );
        let tags = Tags::of(&tokens);
        for (range, expected) in [
            (0..6, true),
            (0..7, true),
            (1..2, true),
            (1..3, false),
            (1..4, false),
            (3..5, true),
            (2..3, false),
            (0..2, false),
            (3..6, false),
            (6..7, true),
            (4..4, true),
        ] {
            assert_eq!(tags.balanced(&range), expected, "{range:?}");
        }
    }

    #[test]
    fn roles() {
        let role_of = |source: &str| {
            let tokens = lex(source, FileId(0));
            Tags::of(&tokens).role(0)
        };
        assert_eq!(role_of("{% today '%Y' as year %}"), Role::Set);
        assert_eq!(role_of("{% today '%Y' %}"), Role::Print);
        assert_eq!(role_of("{% cycle 'a' 'b' as c %}"), Role::Print);
        assert_eq!(role_of("{% with items as xs %}"), Role::Open(Block::Once));
        assert_eq!(role_of("{% mine %}{% endmine %}"), Role::Open(Block::Loop));
        assert_eq!(role_of("{% mine %}"), Role::Print);
    }
}
