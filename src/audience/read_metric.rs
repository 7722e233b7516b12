//! Conditions about what somebody did, as definitions write them.

use super::held::brief;
use super::metric::{Funnel, MetricName, MetricTest, PropertyFilter, Step};
use super::read_conditions::Of;
use super::read_filter::{About, FLOW_TIMES, FUNNEL_TIMES, METRIC_TIMES};
use super::reader::{At, Reader};
use super::window::Window;

/// As Klaviyo has it.
const MOST_FILTERS: usize = 10;
/// Ours.
const MOST_STEPS: usize = 20;

impl Reader<'_> {
    pub(super) fn metric_name(&mut self, at: &At<'_>, what: &str) -> Option<MetricName> {
        let name = self.needed(at, &["metric_id"], what)?;
        self.metric_named(&name)
    }

    pub(super) fn metric_named(&mut self, name: &At<'_>) -> Option<MetricName> {
        let written = self.text(name)?;
        if written.trim().is_empty() {
            self.error(name, "a metric has an id or a name");
            return None;
        }
        Some(MetricName {
            written,
            name: None,
            at: self.location(name.range()),
            path: name.path.clone(),
        })
    }

    pub(super) fn metric_condition(&mut self, at: &At<'_>, of: Of) -> Option<MetricTest> {
        let known = [
            "type",
            "metric_id",
            "measurement",
            "measurement_filter",
            "timeframe_filter",
            "metric_filters",
        ];
        self.object(at, &known, "a profile-metric condition")?;
        let what = "a profile-metric condition";
        let metric = self.metric_name(at, what);
        let measurement = self.needed(at, &["measurement"], what)?;
        let sum = self.word(
            &measurement,
            "measurement",
            &[("count", false), ("sum", true)],
        );
        let comparison_at = self.needed(at, &["measurement_filter"], what)?;
        let comparison = self.comparison(&comparison_at);
        let allowed: &[&str] = match of {
            Of::Segment => &METRIC_TIMES,
            _ => &FLOW_TIMES,
        };
        let timeframe = match at.get("timeframe_filter") {
            Some(timeframe) => self.timeframe(&timeframe, allowed),
            // Older definitions have null there.
            None => Some(Window::AllTime),
        };
        let filters = self.metric_filters(at, of);
        let (test, value) = comparison?;
        Some(MetricTest {
            metric: metric?,
            sum: sum?,
            test,
            value,
            timeframe: timeframe?,
            filters: filters?,
        })
    }

    fn metric_filters(&mut self, at: &At<'_>, of: Of) -> Option<Vec<PropertyFilter>> {
        let Some(filters_at) = at.get("metric_filters") else {
            return Some(Vec::new());
        };
        let list = self.list(&filters_at)?;
        if list.len() > MOST_FILTERS {
            let title = format!(
                "{} filters are too many: Klaviyo takes {MOST_FILTERS}",
                list.len()
            );
            self.error(&filters_at, title);
        }
        let mut filters = Vec::new();
        for one in &list {
            self.object(one, &["property", "field", "filter"], "a filter of events")?;
            let property_at = self.needed(one, &["property", "field"], "a filter of events")?;
            let property = self.text(&property_at)?;
            if is_extra(&property) {
                let named = brief(&property);
                if of == Of::Segment {
                    self.error_with(
                        &property_at,
                        format!("'{named}' cannot be asked for in a segment"),
                        "what is in extra is there for templates and flows; to segment by it, record it at the top of the event's properties",
                    );
                    return None;
                }
                self.ours(
                    &property_at,
                    format!("Klaviyo's editor cannot filter by '{named}'"),
                    "it works here; in Klaviyo only what stands at the top of the properties does",
                );
            }
            let filter = self.needed(one, &["filter"], "a filter of events")?;
            let filter = self.filter(&filter, About::Events)?;
            filters.push(PropertyFilter {
                property,
                filter,
                deep: of != Of::Segment,
            });
        }
        Some(filters)
    }

    pub(super) fn funnel_condition(&mut self, at: &At<'_>, of: Of) -> Option<Funnel> {
        let known = [
            "type",
            "timeframe_filter",
            "steps",
            "completion_window_seconds",
        ];
        let what = "a profile-metric-funnel condition";
        self.object(at, &known, what)?;
        let timeframe = match at.get("timeframe_filter") {
            Some(timeframe) => self.timeframe(&timeframe, &FUNNEL_TIMES)?,
            None => Window::AllTime,
        };
        let steps_at = self.needed(at, &["steps"], what)?;
        let list = self.list(&steps_at)?;
        if list.is_empty() || list.len() > MOST_STEPS {
            self.error(
                &steps_at,
                format!("a funnel has from 1 to {MOST_STEPS} steps"),
            );
            return None;
        }
        let mut steps = Vec::new();
        for one in &list {
            self.object(
                one,
                &["metric_exists", "metric_id", "metric_filters"],
                "a step",
            )?;
            let exists = match one.get("metric_exists") {
                Some(exists) => self.boolean(&exists)?,
                None => true,
            };
            steps.push(Step {
                exists,
                metric: self.metric_name(one, "a step")?,
                filters: self.metric_filters(one, of)?,
            });
        }
        let window = match at.get("completion_window_seconds") {
            None => None,
            Some(window) => {
                let (hour, day) = (3_600, 86_400);
                let words = [
                    ("HOURS_1", hour),
                    ("DAYS_1", day),
                    ("DAYS_3", 3 * day),
                    ("DAYS_5", 5 * day),
                    ("WEEKS_1", 7 * day),
                    ("DAYS_30", 30 * day),
                    ("DAYS_90", 90 * day),
                    ("DAYS_180", 180 * day),
                    ("YEARS_1", 365 * day),
                ];
                Some(self.word(&window, "completion window", &words)?)
            }
        };
        Some(Funnel {
            steps,
            timeframe,
            window,
        })
    }
}

/// Whether a property is what Klaviyo keeps out of segments.
pub(super) fn is_extra(property: &str) -> bool {
    let first = property.split('.').next().unwrap_or_default();
    matches!(first, "extra" | "$extra")
}
