//! What a render does with other templates: it includes them, extends them, and shows the blocks of their family.

use std::sync::Arc;

use super::{Block, Frame};
use crate::language::scopes::{Binding, CurrentBlock};
use crate::language::span::Span;
use crate::language::stop::{Limit, Stop};
use crate::language::trace::{Event, Include};
use crate::value::Value;

/// A `{% block %}`.
#[derive(Debug)]
pub struct NamedBlock {
    name: Box<str>,
    body: Block,
}

impl NamedBlock {
    pub(in crate::language) fn new(name: &str, body: Block) -> NamedBlock {
        NamedBlock {
            name: name.into(),
            body,
        }
    }

    pub(in crate::language) fn name(&self) -> &str {
        &self.name
    }
}

impl<'p> Frame<'p> {
    /// Runs a template of the library by name. What its own tags remember and its own blocks live no longer than that.
    pub(in crate::language) fn include(&mut self, name: &str) -> Result<(), Stop> {
        let Some(program) = self.library.ready(name) else {
            return Err(Stop::raise(self.library.unknown_template(name)));
        };
        let program =
            program.map_err(|()| Stop::raise(format!("the template '{name}' has errors")))?;
        self.deeper()?;
        let memory = std::mem::take(&mut self.memory);
        let family = self.family.take();
        let opened = self.open_include(name);
        let result = self.run(program.block());
        if result.is_ok() {
            self.close(opened);
        }
        self.memory = memory;
        self.family = family;
        self.include_depth -= 1;
        result
    }

    fn deeper(&mut self) -> Result<(), Stop> {
        if self.include_depth >= self.limits.include_depth {
            return Err(Stop::Limit(Limit::IncludeDepth, Span::default()));
        }
        self.spend(10)?;
        self.include_depth += 1;
        Ok(())
    }

    /// Runs the template that the running one extends; `blocks` are the running one's.
    pub(in crate::language) fn extend(
        &mut self,
        parent: &str,
        blocks: &'p [Arc<NamedBlock>],
    ) -> Result<(), Stop> {
        let Some(program) = self.library.ready(parent) else {
            return Err(Stop::raise(self.library.unknown_template(parent)));
        };
        let program =
            program.map_err(|()| Stop::raise(format!("the template '{parent}' has errors")))?;
        self.deeper()?;
        let family = self.family.get_or_insert_default();
        let parents = if program.extends() {
            &[]
        } else {
            program.blocks()
        };
        // The last one of a name is the one that is shown; those before it are its `block.super`.
        for block in blocks.iter().chain(parents) {
            family.entry(block.name()).or_default().insert(0, block);
        }
        let opened = self.open_include(parent);
        self.run(program.block())?;
        self.close(opened);
        self.include_depth -= 1;
        Ok(())
    }

    fn open_include(&mut self, name: &str) -> (Option<usize>, usize) {
        if !self.is_traced() {
            return (None, 0);
        }
        self.open(|at| {
            Event::Include(Include {
                at,
                template: name.to_owned(),
                output: None,
            })
        })
    }

    /// Runs a `{% block %}`, or what stands in its place in a template that extends this one.
    pub(in crate::language) fn run_block(&mut self, own: &'p NamedBlock) -> Result<(), Stop> {
        let name = own.name();
        let heir = match &mut self.family {
            Some(family) => family.get_mut(name).and_then(Vec::pop),
            None => None,
        };
        let block = heir.unwrap_or(own);
        let current = CurrentBlock {
            block,
            alone: self.family.is_none(),
        };
        self.push();
        self.scopes.set("block", Binding::Block(current));
        self.run(&block.body)?;
        self.pop();
        if let (Some(heir), Some(family)) = (heir, &mut self.family) {
            family.entry(name).or_default().push(heir);
        }
        Ok(())
    }

    /// `{{ block.super }}`: what the block would be if the template did not fill it.
    pub(in crate::language) fn block_super(
        &mut self,
        current: CurrentBlock<'p>,
    ) -> Result<Value, Stop> {
        if current.alone {
            return Err(Stop::raise(
                "'BlockNode' object has no attribute 'context'. Did you use {{ block.super }} in a base template?",
            ));
        }
        let has_parent = self
            .family
            .as_ref()
            .and_then(|family| family.get(current.name()))
            .is_some_and(|blocks| !blocks.is_empty());
        if !has_parent {
            return Ok(Value::from_safe_string(String::new()));
        }
        // An operator of a condition goes on after an exception, so everything is put back.
        let before = (
            self.scopes.names.len(),
            self.scopes.starts.len(),
            self.scopes.loops.len(),
            (self.depth, self.include_depth, self.output.escape),
        );
        let result = self.captured(|frame| frame.run_block(current.block));
        if result.is_err() {
            self.scopes.names.truncate(before.0);
            if let Some(recorder) = &mut self.recorder {
                recorder.names_end(before.0);
            }
            self.scopes.starts.truncate(before.1);
            self.scopes.loops.truncate(before.2);
            (self.depth, self.include_depth, self.output.escape) = before.3;
        }
        result.map(Value::from_safe_string)
    }
}
