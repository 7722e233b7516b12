//! All metrics of a shop: those that are described, then those that only events name.

use std::collections::HashMap;
use std::sync::Arc;

use super::Metric;

/// Metrics in order, found by any spelling.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    pub(crate) list: Vec<Arc<Metric>>,
    by_id: HashMap<String, u32>,
    by_name: HashMap<String, Vec<u32>>,
}

impl Metrics {
    /// These metrics; of two with one id the later counts.
    pub(crate) fn new(known: Vec<Metric>) -> Metrics {
        let mut metrics = Metrics {
            list: Vec::new(),
            by_id: HashMap::new(),
            by_name: HashMap::new(),
        };
        for metric in known {
            match metric.id.as_ref().and_then(|id| metrics.by_id.get(id)) {
                Some(&at) => metrics.list[at as usize] = Arc::new(metric),
                None => {
                    metrics.add(metric);
                }
            }
        }
        metrics
    }

    fn add(&mut self, metric: Metric) -> u32 {
        let at = self.list.len() as u32;
        if let Some(id) = &metric.id {
            self.by_id.insert(id.clone(), at);
        }
        self.by_name
            .entry(metric.name.clone())
            .or_default()
            .push(at);
        self.list.push(Arc::new(metric));
        at
    }

    /// Whether only the id of the metric at a place is known, which then stands for its name.
    pub(crate) fn is_unknown(&self, at: u32) -> bool {
        let metric = &self.list[at as usize];
        metric.id.as_ref() == Some(&metric.name)
    }

    /// The place of the metric that an event names, which is added if need be.
    pub(crate) fn place(&mut self, named: &Metric) -> u32 {
        if let Some(&at) = named.id.as_ref().and_then(|id| self.by_id.get(id)) {
            return at;
        }
        if let Some(id) = &named.id {
            let name = if named.name.is_empty() {
                id
            } else {
                &named.name
            };
            return self.add(Metric {
                name: name.clone(),
                ..named.clone()
            });
        }
        let same_name = self.by_name.get(&named.name).map_or(&[][..], Vec::as_slice);
        let integration = |at: u32| self.list[at as usize].integration.as_deref();
        let found = match &named.integration {
            Some(wanted) => same_name
                .iter()
                .find(|&&at| integration(at) == Some(wanted)),
            // What names no integration came by the API.
            None => same_name
                .iter()
                .find(|&&at| matches!(integration(at), None | Some("API")))
                .or(same_name.first()),
        };
        match found {
            Some(&at) => at,
            None => self.add(named.clone()),
        }
    }
}
