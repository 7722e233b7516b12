//! Where the template blocks and the rows of a document stand, among its tokens.

use std::collections::HashSet;

use super::elements::{self, Rows, is_void};
use super::scan::{Place, Scanner, What};
use crate::language::Token;

/// The blocks and the lists of rows of a document, or of a part of it.
#[derive(Debug)]
pub(super) struct Blocks<'t> {
    /// In the order in which they open.
    pub blocks: Vec<Block<'t>>,
    /// What stands in a body, a wrapper, a hero or a column; the first is the document itself.
    lists: Vec<List>,
}

/// `{% if … %} … {% else %} … {% endif %}`, or any other tag that has an end.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Block<'t> {
    /// `if`, `for`, `with` …
    pub name: &'t str,
    /// The numbers of its tags: what opens it, what parts it, what ends it.
    pub tags: Vec<usize>,
    /// The number of the block round it.
    parent: Option<usize>,
}

/// Children that stand one below the other, so that a tag between them is just printed between them.
#[derive(Debug)]
struct List {
    from: Place,
    to: Place,
    children: Vec<(Place, Place)>,
    /// The number of the list round it; the first is round itself.
    parent: usize,
}

/// Whole rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Region {
    pub from: Place,
    pub to: Place,
    /// The rows are those of the document, not of an element in it.
    pub outermost: bool,
    /// There are no other rows in the document.
    pub whole: bool,
}

impl Block<'_> {
    /// The number of the tag that opens it.
    pub fn first(&self) -> usize {
        self.tags[0]
    }

    /// The number of the tag that ends it.
    pub fn last(&self) -> usize {
        self.tags[self.tags.len() - 1]
    }

    /// Before the tag that opens it.
    pub fn from(&self) -> Place {
        before(self.first())
    }

    /// Behind the tag that ends it.
    pub fn to(&self) -> Place {
        before(self.last() + 1)
    }
}

impl Region {
    pub fn contains(&self, block: &Block<'_>) -> bool {
        self.from <= block.from() && block.to() <= self.to
    }
}

/// The place before a tag.
pub(super) fn before(token: usize) -> Place {
    Place { token, byte: 0 }
}

impl<'t> Blocks<'t> {
    pub fn of<'s>(tokens: &'t [Token<'s>]) -> Blocks<'t> {
        Blocks {
            blocks: blocks(tokens),
            lists: lists(tokens),
        }
    }

    /// The fewest rows that a block stands in as a whole.
    pub fn region(&self, block: &Block<'_>) -> Region {
        let (mut from, mut to) = (block.from(), block.to());
        let mut number = self.lists.partition_point(|list| list.from <= from) - 1;
        while self.lists[number].to < to {
            number = self.lists[number].parent;
        }
        let children = &self.lists[number].children;
        let first = children.partition_point(|child| child.1 <= block.from());
        for (start, end) in &children[first..] {
            if *start >= block.to() {
                break;
            }
            from = from.min(*start);
            to = to.max(*end);
        }
        let outermost = number == 0;
        let whole = children.first().is_none_or(|first| from <= first.0)
            && children.last().is_none_or(|last| last.1 <= to);
        Region {
            from,
            to,
            outermost,
            whole: whole && outermost,
        }
    }

    /// The blocks round a block, innermost first.
    pub fn round(&self, block: &Block<'_>) -> impl Iterator<Item = &Block<'t>> {
        let mut parent = block.parent;
        std::iter::from_fn(move || {
            let round = &self.blocks[parent?];
            parent = round.parent;
            Some(round)
        })
    }
}

fn blocks<'t>(tokens: &'t [Token<'_>]) -> Vec<Block<'t>> {
    let names: HashSet<&str> = tokens
        .iter()
        .filter_map(|token| token.tag_name().strip_prefix("end"))
        .collect();
    let mut open: Vec<Block<'_>> = Vec::new();
    let mut closed = Vec::new();
    for (number, token) in tokens.iter().enumerate() {
        let name = token.tag_name();
        let in_comment = open.last().is_some_and(|block| block.name == "comment");
        if let Some(ended) = name.strip_prefix("end").filter(|name| names.contains(name)) {
            if let Some(mut block) = open.pop_if(|block| block.name == ended) {
                block.tags.push(number);
                closed.push(block);
            }
        } else if names.contains(name) && !in_comment {
            let (tags, parent) = (vec![number], None);
            open.push(Block { name, tags, parent });
        } else if let Some(block) = open.last_mut()
            && matches!(
                (block.name, name),
                ("if", "elif" | "else") | ("for", "empty" | "else")
            )
        {
            block.tags.push(number);
        }
    }
    closed.sort_by_key(Block::first);
    let mut round: Vec<usize> = Vec::new();
    for number in 0..closed.len() {
        while round
            .pop_if(|outer| closed[*outer].last() < closed[number].first())
            .is_some()
        {}
        closed[number].parent = round.last().copied();
        round.push(number);
    }
    closed
}

fn lists(tokens: &[Token<'_>]) -> Vec<List> {
    let end = before(tokens.len());
    let list = |from: Place, parent: usize| List {
        from,
        to: end,
        children: Vec::new(),
        parent,
    };
    let mut lists = vec![list(before(0), 0)];
    // The elements that are open: their names, where they start, their lists.
    let mut open: Vec<(String, Place, Option<usize>)> = Vec::new();
    let attach =
        |lists: &mut Vec<List>, parent: Option<&(String, Place, Option<usize>)>, from, to| {
            let parent = parent.map_or(Some(0), |parent| parent.2);
            if let Some(parent) = parent {
                lists[parent].children.push((from, to));
            }
        };
    let mut scanner = Scanner::new(tokens);
    while let Some(piece) = scanner.next() {
        match piece.what {
            What::Open(tag) => {
                let kind = elements::kind(&tag.name);
                if tag.self_closing || kind.is_none() && is_void(&tag.name) {
                    attach(&mut lists, open.last(), piece.start, piece.end);
                    continue;
                }
                let own = kind.filter(|kind| kind.rows == Rows::Free).map(|_| {
                    let parent = open.iter().rev().find_map(|(.., own)| *own);
                    lists.push(list(piece.end, parent.unwrap_or(0)));
                    lists.len() - 1
                });
                open.push((tag.name, piece.start, own));
            }
            What::Close(name) => {
                let Some(at) = open.iter().rposition(|(known, ..)| *known == name) else {
                    continue;
                };
                while let Some((_, from, own)) = open.pop() {
                    if let Some(own) = own {
                        lists[own].to = piece.start;
                    }
                    // What is not closed ends where the element round it ends.
                    let last = open.len() == at;
                    let to = if last { piece.end } else { piece.start };
                    attach(&mut lists, open.last(), from, to);
                    if last {
                        break;
                    }
                }
            }
            _ => {}
        }
    }
    while let Some((_, from, _)) = open.pop() {
        attach(&mut lists, open.last(), from, end);
    }
    for list in &mut lists {
        list.children.sort_unstable();
    }
    lists
}
