//! One run of a template: the copy of the host that functions see, the questions they ask, and what was read.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::ZonedDateTime;
use minijinja::value::{Enumerator, Object, ObjectRepr};
use minijinja::{Error, ErrorKind, State};

use crate::language::frame::{Frame, Options, Spent};
use crate::language::host::{Barcode, CatalogAnswer, CatalogQuery, Host, Link};
use crate::language::money::Money;
use crate::language::output::Channel;
use crate::language::span::Span;
use crate::language::stop::{Limit, Limits, Stop};
use crate::language::template::Library;
use crate::value::{self, Value, ValueKind};

use super::error::carrying;

/// Something only the host knows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Question {
    Link(Link),
    Coupon(String),
    Item {
        id: String,
        integration: Option<String>,
        catalog_id: Option<String>,
        language: Option<String>,
        region: Option<String>,
    },
    PropertyLink(String, String, String),
    Barcode {
        value: String,
        size: (u32, u32),
        padded: (Option<u32>, Option<u32>),
    },
}

/// What the host says.
#[derive(Debug, Clone)]
pub(super) enum Answer {
    Text(String),
    Item(CatalogAnswer),
    Nothing,
}

/// What was answered so far.
pub(super) type Answers = HashMap<Question, Answer>;

impl Question {
    /// Asks the host.
    pub(super) fn ask(&self, host: &dyn Host) -> Answer {
        let text = |text: Cow<'_, str>| Answer::Text(text.into_owned());
        match self {
            Question::Link(link) => text(host.link(*link)),
            Question::Coupon(name) => host.coupon(name).map_or(Answer::Nothing, text),
            Question::Item {
                id,
                integration,
                catalog_id,
                language,
                region,
            } => {
                let query = CatalogQuery {
                    id,
                    integration: integration.as_deref(),
                    catalog_id: catalog_id.as_deref(),
                    language: language.as_deref(),
                    region: region.as_deref(),
                };
                let found = host.catalog_item(&query);
                found.map_or(Answer::Nothing, Answer::Item)
            }
            Question::PropertyLink(property, value, url) => {
                text(host.property_link(property, value, url))
            }
            Question::Barcode {
                value,
                size,
                padded,
            } => text(host.barcode(&Barcode {
                value,
                width: size.0,
                height: size.1,
                padded_width: padded.0,
                padded_height: padded.1,
            })),
        }
    }
}

/// The name by which functions find the run; no template can write it.
const NAME: &str = "\u{1}run";

/// One run: the host of its functions, and the mapping of the names at top level.
pub(super) struct Run {
    pub(super) library: Arc<Library>,
    pub(super) limits: Limits,
    pub(super) channel: Channel,
    pub(super) html_to_text: fn(&str) -> Cow<'_, str>,
    pub(super) now: ZonedDateTime,
    pub(super) money: Money,
    pub(super) missing_image: String,
    pub(super) seed: u64,
    /// Mappings of the names at top level; the first that has a name wins.
    pub(super) data: Vec<Value>,
    pub(super) answers: Answers,
    pub(super) asked: Mutex<Vec<Question>>,
    /// The names at top level that were read, where a trace is kept.
    pub(super) read: Option<Mutex<BTreeSet<String>>>,
}

/// The run of a state, once it was found.
struct Found(Arc<Run>);

impl Run {
    /// The run that a state belongs to.
    pub(super) fn of(state: &mut State<'_, '_>) -> Result<Arc<Run>, Error> {
        if let Some(found) = state.get_extension::<Found>() {
            return Ok(found.0.clone());
        }
        let run = state.lookup(NAME).and_then(|v| v.downcast_object::<Run>());
        let Some(run) = run else {
            let kind = ErrorKind::InvalidOperation;
            return Err(Error::new(kind, "there is no render here"));
        };
        state.get_or_insert_extension(Found(run.clone()));
        Ok(run)
    }

    /// What a name at top level stands for.
    pub(super) fn name(&self, name: &str) -> Option<Value> {
        self.data.iter().find_map(|layer| value::key(layer, name))
    }

    /// The questions that were not answered yet.
    pub(super) fn take_questions(&self) -> Vec<Question> {
        std::mem::take(&mut *self.asked.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn answer(&self, question: Question) -> Option<&Answer> {
        let answer = self.answers.get(&question);
        if answer.is_none() {
            let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
            if !asked.contains(&question) {
                asked.push(question);
            }
        }
        answer
    }

    fn text(&self, question: Question) -> Cow<'_, str> {
        match self.answer(question) {
            Some(Answer::Text(text)) => Cow::Borrowed(text),
            _ => Cow::Borrowed(""),
        }
    }

    /// Refuses a list that would be without end when it is written out: one that holds another twice, some thirty
    /// times over.
    pub(super) fn check_weight(&self, v: &Value) -> Result<(), Stop> {
        let is_list = matches!(
            v.kind(),
            ValueKind::Seq | ValueKind::Map | ValueKind::Iterable
        );
        match is_list && value::weight(v, self.limits.output) > self.limits.output {
            true => Err(Stop::Limit(Limit::Output, Span::default())),
            false => Ok(()),
        }
    }
}

/// Does something with a frame of the render that a state belongs to; also what it printed.
pub(super) fn with_frame<T>(
    state: &mut State<'_, '_>,
    inside: impl FnOnce(&mut Frame<'_>) -> Result<T, Stop>,
) -> Result<(T, String), Error> {
    let run = Run::of(state)?;
    let options = Options {
        host: &*run,
        channel: run.channel,
        limits: &run.limits,
        html_to_text: run.html_to_text,
    };
    let mut frame = Frame::new(&[], &run.library, options, String::new());
    frame.set_escapes(escapes(state));
    let before = Spent {
        fuel: state
            .fuel_levels()
            .map_or(run.limits.fuel, |(_, left)| left),
        ..state.get_extension::<Spent>().copied().unwrap_or_default()
    };
    frame.resume(before);
    let result = inside(&mut frame);
    let spent = frame.spent();
    let printed = frame.into_buffer();
    *state.get_or_insert_extension(spent) = spent;
    state.consume_fuel(before.fuel.saturating_sub(spent.fuel))?;
    result.map(|made| (made, printed)).map_err(carrying)
}

/// Whether `{% autoescape %}` lets values be escaped here.
pub(super) fn escapes(state: &State<'_, '_>) -> bool {
    !matches!(state.auto_escape(), minijinja::AutoEscape::None)
}

impl Host for Run {
    fn now(&self) -> &ZonedDateTime {
        &self.now
    }
    fn money(&self) -> &Money {
        &self.money
    }
    fn link(&self, link: Link) -> Cow<'_, str> {
        self.text(Question::Link(link))
    }
    fn catalog_item(&self, query: &CatalogQuery<'_>) -> Option<CatalogAnswer> {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let question = Question::Item {
            id: query.id.to_owned(),
            integration: owned(query.integration),
            catalog_id: owned(query.catalog_id),
            language: owned(query.language),
            region: owned(query.region),
        };
        match self.answer(question) {
            Some(Answer::Item(answer)) => Some(answer.clone()),
            Some(_) => None,
            None => Some(CatalogAnswer {
                item: Value::UNDEFINED,
                published: true,
            }),
        }
    }
    fn property_link(&self, property: &str, value: &str, url: &str) -> Cow<'_, str> {
        let [property, value, url] = [property, value, url].map(str::to_owned);
        self.text(Question::PropertyLink(property, value, url))
    }
    fn barcode(&self, barcode: &Barcode<'_>) -> Cow<'_, str> {
        self.text(Question::Barcode {
            value: barcode.value.to_owned(),
            size: (barcode.width, barcode.height),
            padded: (barcode.padded_width, barcode.padded_height),
        })
    }
    fn coupon(&self, name: &str) -> Option<Cow<'_, str>> {
        match self.answer(Question::Coupon(name.to_owned())) {
            Some(Answer::Text(code)) => Some(Cow::Borrowed(code)),
            Some(_) => None,
            None => Some(Cow::Borrowed("")),
        }
    }
    fn missing_image(&self) -> &str {
        &self.missing_image
    }
    fn seed(&self) -> u64 {
        self.seed
    }
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run").finish_non_exhaustive()
    }
}

impl Object for Run {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        if key == NAME {
            return Some(Value::from_dyn_object(self.clone()));
        }
        if let Some(read) = &self.read {
            let mut read = read.lock().unwrap_or_else(PoisonError::into_inner);
            read.insert(key.to_owned());
        }
        self.name(key)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }
}
