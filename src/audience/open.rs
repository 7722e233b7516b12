//! All segments and flows of a shop, with what they refer to looked up.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::condition::{Conditions, Group, Test};
use super::flow::Flow;
use super::metric::MetricName;
use super::places::Places;
use super::property::Property;
use super::segment::Segment;
use crate::data::{DataError, Database, Metric};
use crate::diagnostic::{Diagnostic, Location, Source, nearest};
use crate::value;

/// The segments and flows of a shop; each knows what it refers to.
#[derive(Debug, Default)]
pub struct Audience {
    segments: Vec<Arc<Segment>>,
    flows: Vec<Arc<Flow>>,
    /// Definitions that cannot be used, by file, and why.
    broken: HashMap<String, Vec<Diagnostic>>,
    pub(super) lists: Vec<String>,
    pub(super) places: Arc<Places>,
    pub(super) metrics: Vec<Arc<Metric>>,
}

/// Collects definitions; see [`Audience::builder`].
#[derive(Debug, Default)]
pub struct AudienceBuilder {
    segments: Vec<(String, Arc<Source>)>,
    flows: Vec<(String, Arc<Source>)>,
    places: Places,
    zone: Option<TimeZone>,
    findings: Vec<Diagnostic>,
}

impl Audience {
    /// Collects definitions, to be read together: a segment may ask about another.
    pub fn builder() -> AudienceBuilder {
        AudienceBuilder::default()
    }

    /// The segments that can be used, by file.
    pub fn segments(&self) -> &[Arc<Segment>] {
        &self.segments
    }

    /// The flows that can be used, by file.
    pub fn flows(&self) -> &[Arc<Flow>] {
        &self.flows
    }

    /// The segment of this file, id or name, the first that there is.
    pub fn segment(&self, name: &str) -> Option<&Arc<Segment>> {
        let by_file = self.segments.iter().find(|one| one.file == name);
        by_file.or_else(|| self.segments.iter().find(|one| one.is_called(name)))
    }

    /// The flow of this file, id or name, the first that there is.
    pub fn flow(&self, name: &str) -> Option<&Arc<Flow>> {
        let by_file = self.flows.iter().find(|one| one.file == name);
        by_file.or_else(|| self.flows.iter().find(|one| one.is_called(name)))
    }

    /// Why the definition `segments/NAME.json` or `flows/NAME.json` cannot be used, if it is there and wrong.
    pub fn broken(&self, file: &str) -> Option<&[Diagnostic]> {
        self.broken.get(file).map(Vec::as_slice)
    }

    /// The names of the lists.
    pub fn lists(&self) -> &[String] {
        &self.lists
    }

    /// The places of postal codes.
    pub fn places(&self) -> &Places {
        &self.places
    }
}

/// A chain of segments that ask about each other holds no more conditions than this altogether: beyond, one person takes
/// too long.
const HEAVIEST: usize = 10_000;

/// What definitions are held against.
struct Known<'k> {
    /// The properties that people have; empty where there are no people.
    properties: HashSet<String>,
    lists: &'k [String],
    metrics: &'k [Arc<Metric>],
    places: &'k Arc<Places>,
}

impl AudienceBuilder {
    /// Adds the definition of a segment; `file` is the name of its file without the ending.
    pub fn segment(mut self, file: impl Into<String>, source: Arc<Source>) -> AudienceBuilder {
        self.segments.push((file.into(), source));
        self
    }

    /// Adds the definition of a flow.
    pub fn flow(mut self, file: impl Into<String>, source: Arc<Source>) -> AudienceBuilder {
        self.flows.push((file.into(), source));
        self
    }

    /// Takes the places of postal codes.
    pub fn places(mut self, places: Places) -> AudienceBuilder {
        self.places = places;
        self
    }

    /// Adds a file of postal codes in GeoNames' format.
    pub fn postal_codes(mut self, source: &Arc<Source>) -> AudienceBuilder {
        self.findings.extend(self.places.add(source));
        self
    }

    /// The account's zone, for flows that start from a date; UTC unless told.
    pub fn zone(mut self, zone: TimeZone) -> AudienceBuilder {
        self.zone = Some(zone);
        self
    }

    /// Reads all of it and looks up what is referred to. A definition that is wrong is left out; what is wrong with it, and
    /// what else is worth knowing, comes beside.
    ///
    /// # Errors
    /// The database failed.
    pub fn build(self, shop: &dyn Database) -> Result<(Audience, Vec<Diagnostic>), DataError> {
        let mut findings = self.findings;
        let mut audience = Audience {
            lists: shop.lists()?,
            metrics: shop.metrics()?,
            places: Arc::new(self.places),
            ..Audience::default()
        };
        let mut drafts: Vec<Draft> = Vec::new();
        for (file, source) in &self.segments {
            let (segment, told) = Segment::read(file, source);
            if segment.is_none() {
                audience.broken.insert(file.clone(), told.clone());
            }
            findings.extend(told);
            drafts.extend(segment.map(Draft::new));
        }
        let broken: Vec<String> = audience.broken.keys().cloned().collect();
        let mut binder = Binder {
            drafts,
            broken,
            known: Known {
                properties: properties(shop)?,
                lists: &audience.lists,
                metrics: &audience.metrics,
                places: &audience.places,
            },
            told: Vec::new(),
        };
        for at in 0..binder.drafts.len() {
            binder.bind(at);
        }
        let mut flows = Vec::new();
        let mut broken_flows = Vec::new();
        let zone = self.zone.unwrap_or(TimeZone::UTC);
        for (file, source) in &self.flows {
            let (flow, mut told) = Flow::read(file, source, &zone);
            let flow = flow.and_then(|mut flow| {
                let wrong = binder.bind_flow(&mut flow);
                told.extend(wrong);
                (!told.iter().any(Diagnostic::is_error)).then_some(flow)
            });
            if flow.is_none() {
                broken_flows.push((file.clone(), told.clone()));
            }
            findings.extend(told);
            flows.extend(flow.map(Arc::new));
        }
        let told = std::mem::take(&mut binder.told);
        let segments = binder.drafts.into_iter().filter_map(Draft::done).collect();
        for (file, wrong) in &told {
            let known = audience.broken.entry(file.clone()).or_default();
            known.extend(wrong.iter().cloned());
        }
        audience
            .broken
            .retain(|_, wrong| wrong.iter().any(Diagnostic::is_error));
        audience.broken.extend(broken_flows);
        audience.segments = segments;
        audience.flows = flows;
        findings.extend(told.into_iter().flat_map(|(_, wrong)| wrong));
        Ok((audience, findings))
    }
}

/// A segment on its way, and what it is called.
struct Draft {
    file: String,
    id: Option<String>,
    name: String,
    state: State,
    /// How many conditions it has, those of the segments it asks about included.
    weight: usize,
}

enum State {
    Read(Box<Segment>),
    /// What it refers to is being looked up.
    UnderWay,
    /// Nothing for one that is wrong.
    Bound(Option<Arc<Segment>>),
}

impl Draft {
    fn new(segment: Segment) -> Draft {
        Draft {
            file: segment.file.clone(),
            id: segment.id.clone(),
            name: segment.name.clone(),
            weight: 0,
            state: State::Read(Box::new(segment)),
        }
    }

    fn done(self) -> Option<Arc<Segment>> {
        match self.state {
            State::Bound(segment) => segment,
            _ => None,
        }
    }
}

struct Binder<'k> {
    drafts: Vec<Draft>,
    broken: Vec<String>,
    known: Known<'k>,
    told: Vec<(String, Vec<Diagnostic>)>,
}

impl Binder<'_> {
    /// Looks up what a segment refers to, segments that it asks about first.
    fn bind(&mut self, at: usize) {
        let state = std::mem::replace(&mut self.drafts[at].state, State::UnderWay);
        let State::Read(mut segment) = state else {
            self.drafts[at].state = state;
            return;
        };
        let mut told = self.references(&mut segment.conditions, "segment-definition");
        let weight = self.groups(&mut segment.conditions, "segment-definition", &mut told);
        if weight > HEAVIEST {
            told.push(Diagnostic::error(
                "segment-definition",
                format!(
                    "'{}' and the segments it asks about have more than {HEAVIEST} conditions",
                    segment.name
                ),
            ));
        }
        let wrong = told.iter().any(Diagnostic::is_error);
        if !told.is_empty() {
            self.told.push((segment.file.clone(), told));
        }
        self.drafts[at].weight = weight;
        self.drafts[at].state = State::Bound((!wrong).then(|| Arc::from(segment)));
    }

    /// Lists and segments that are asked about. Gives how many conditions there are then.
    fn groups(
        &mut self,
        conditions: &mut Conditions,
        code: &'static str,
        told: &mut Vec<Diagnostic>,
    ) -> usize {
        let mut weight = conditions.len();
        for condition in conditions.all_mut() {
            let Test::Groups(groups) = &mut condition.test else {
                continue;
            };
            let timed = groups.timeframe.is_some();
            for group in &mut groups.groups {
                weight = weight.saturating_add(self.group(group, timed, code, told));
            }
        }
        weight
    }

    fn bind_flow(&mut self, flow: &mut Flow) -> Vec<Diagnostic> {
        let mut told = Vec::new();
        for metric in flow.metrics_mut() {
            told.extend(self.metric(metric, "flow-definition"));
        }
        for conditions in flow.conditions_mut() {
            told.extend(self.references(conditions, "flow-definition"));
            self.groups(conditions, "flow-definition", &mut told);
        }
        if let Some(group) = flow.group_mut() {
            self.group(group, false, "flow-definition", &mut told);
        }
        told
    }

    /// Metrics and postal codes.
    fn references(&self, conditions: &mut Conditions, code: &'static str) -> Vec<Diagnostic> {
        let mut told = Vec::new();
        for condition in conditions.all_mut() {
            match &mut condition.test {
                Test::Property {
                    property: Property::Custom(name),
                    at,
                    path,
                    ..
                } => {
                    told.extend(self.property(name, at, path, code));
                }
                Test::Metric(test) => told.extend(self.metric(&mut test.metric, code)),
                Test::Event { metric, .. } => told.extend(self.metric(metric, code)),
                Test::Funnel(funnel) => {
                    for step in &mut funnel.steps {
                        told.extend(self.metric(&mut step.metric, code));
                    }
                }
                Test::Distance(distance) => {
                    match self.known.places.find(distance.country, &distance.code) {
                        Some(point) => distance.known = Some((point, self.known.places.clone())),
                        None => {
                            let (country, written) = (distance.country, &distance.code);
                            let title = format!(
                                "no place of the postal code '{written}' in {country} is known"
                            );
                            let help = match self.known.places.knows_country(country) {
                            true => "check the code; only codes of the files in postal-codes/ are known".to_owned(),
                            false => {
                                let country = super::country::Country::named(country);
                                let file = country.map_or("", |one| one.alpha_2);
                                format!("put GeoNames' file of that country at postal-codes/{file}.txt in the data folder")
                            }
                        };
                            told.push(wrong(code, title, &distance.at, &distance.path).help(help));
                        }
                    }
                }
                _ => {}
            }
        }
        told
    }

    /// A property that nobody has is likely to be misspelt; but somebody may get it yet.
    fn property(
        &self,
        name: &str,
        at: &Location,
        path: &str,
        code: &'static str,
    ) -> Option<Diagnostic> {
        let known = &self.known.properties;
        if known.is_empty() || known.contains(name) {
            return None;
        }
        let warning = Diagnostic::warning(code, format!("nobody has the property '{name}'"));
        let warning = warning.at(at.clone(), "").note(format!("at {path}"));
        let mut names: Vec<&str> = known.iter().map(String::as_str).collect();
        names.sort_unstable();
        Some(match nearest(name, names) {
            Some(near) => warning.help(format!("did you mean '{near}'?")),
            None => warning,
        })
    }

    fn metric(&self, metric: &mut MetricName, code: &'static str) -> Option<Diagnostic> {
        let metrics = self.known.metrics;
        if let Some(found) = metrics.iter().find(|one| metric.is(one)) {
            metric.name = Some(found.name.clone());
            return None;
        }
        let title = format!("there is no metric '{}'", metric.written);
        let names = metrics.iter().map(|one| one.name.as_str());
        let ids = metrics.iter().filter_map(|one| one.id.as_deref());
        let error = wrong(code, title, &metric.at, &metric.path);
        Some(match nearest(&metric.written, names.chain(ids)) {
            Some(near) => error.help(format!("did you mean '{near}'?")),
            None if metrics.is_empty() => {
                error.help("there are no events yet; describe metrics in metrics.jsonl")
            }
            None => {
                let names: Vec<&str> = metrics
                    .iter()
                    .take(12)
                    .map(|one| one.name.as_str())
                    .collect();
                error.help(format!("metrics: {}", names.join(", ")))
            }
        })
    }

    /// Looks up the list or the segment that a group is. Gives how many conditions the segment has.
    fn group(
        &mut self,
        group: &mut Group,
        timed: bool,
        code: &'static str,
        told: &mut Vec<Diagnostic>,
    ) -> usize {
        let Group {
            written, at, path, ..
        } = &*group;
        if self.known.lists.contains(written) {
            return 0;
        }
        let by_file = self.drafts.iter().position(|draft| draft.file == *written);
        let by_name = |draft: &Draft| draft.id.as_ref() == Some(written) || draft.name == *written;
        let Some(place) = by_file.or_else(|| self.drafts.iter().position(by_name)) else {
            told.push(match self.broken.contains(written) {
                true => wrong(code, unusable(written), at, path),
                false => self.no_group(written, code, at, path),
            });
            return 0;
        };
        if timed {
            let title = format!("'{written}' is a segment: it has no times at which people joined");
            let help = "leave out 'timeframe_filter', or name a list";
            told.push(wrong(code, title, at, path).help(help));
            return 0;
        }
        self.bind(place);
        match &self.drafts[place].state {
            State::Bound(Some(segment)) => {
                group.segment = Some(segment.clone());
                self.drafts[place].weight
            }
            State::Bound(None) => {
                told.push(wrong(code, unusable(written), at, path));
                0
            }
            _ => {
                let title = format!(
                    "the segment '{written}' asks about itself, at once or by way of others"
                );
                told.push(wrong(code, title, at, path));
                0
            }
        }
    }

    fn no_group(&self, written: &str, code: &'static str, at: &Location, path: &str) -> Diagnostic {
        let title = format!("there is no list and no segment '{written}'");
        let error = wrong(code, title, at, path);
        let lists = self.known.lists.iter().map(String::as_str);
        let segments = self
            .drafts
            .iter()
            .flat_map(|draft| [&*draft.file, &*draft.name]);
        match nearest(written, lists.chain(segments)) {
            Some(near) => error.help(format!("did you mean '{near}'?")),
            None => error.help(format!(
                "a list is a file lists/{written}.csv, a segment segments/{written}.json"
            )),
        }
    }
}

fn unusable(segment: &str) -> String {
    format!("the segment '{segment}' cannot be used: something is wrong with it")
}

/// So many people are looked at to know which properties there are.
const LOOKED_AT: usize = 10_000;

fn properties(shop: &dyn Database) -> Result<HashSet<String>, DataError> {
    let mut names = HashSet::new();
    for profile in shop.profiles().take(LOOKED_AT) {
        for (name, _) in value::pairs(&profile?.properties) {
            if let Some(name) = name.as_str()
                && !names.contains(name)
            {
                names.insert(name.to_owned());
            }
        }
    }
    Ok(names)
}

/// An error at a place, with the way to it.
fn wrong(code: &'static str, title: String, at: &Location, path: &str) -> Diagnostic {
    Diagnostic::error(code, title)
        .at(at.clone(), "")
        .note(format!("at {path}"))
}
