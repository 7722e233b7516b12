//! Where postal codes lie, and how far apart places are.

use std::collections::HashMap;
use std::sync::Arc;

use super::country::Country;
use crate::data::Profile;
use crate::diagnostic::{Diagnostic, Source};

/// A place on the globe, in degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// North of the equator.
    pub latitude: f64,
    /// East of Greenwich.
    pub longitude: f64,
}

impl Point {
    /// The way between two places over the globe, by the haversine, in kilometres.
    ///
    /// ```
    /// use letterpress::audience::Point;
    /// let boston = Point { latitude: 42.356532, longitude: -71.05365 };
    /// let worcester = Point { latitude: 42.261343, longitude: -71.80173 };
    /// assert_eq!(format!("{:.2}", boston.kilometres_to(worcester)), "62.42");
    /// ```
    pub fn kilometres_to(self, other: Point) -> f64 {
        const RADIUS: f64 = 6371.0088;
        let (a, b) = (self.latitude.to_radians(), other.latitude.to_radians());
        let half = |degrees: f64| (degrees.to_radians() / 2.0).sin();
        let (north, east) = (
            half(other.latitude - self.latitude),
            half(other.longitude - self.longitude),
        );
        let h = north * north + a.cos() * b.cos() * east * east;
        2.0 * RADIUS * h.clamp(0.0, 1.0).sqrt().asin()
    }
}

/// The places of postal codes.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// By country and code; the sum of the places that share it, and how many they are.
    codes: HashMap<(&'static str, Box<str>), (f64, f64, u32)>,
}

/// So many lines of a file that cannot be read are told one by one.
const TOLD: usize = 5;

impl Places {
    /// Adds the lines of a file in GeoNames' postal-code format: columns between tabs, of which the first is the country, the
    /// second the code, the tenth and eleventh latitude and longitude. Several places of one code count as their middle.
    ///
    /// ```
    /// use letterpress::audience::Places;
    /// use letterpress::diagnostic::Source;
    /// let mut places = Places::default();
    /// let line = "NL\t1012\tAmsterdam\tNoord-Holland\t07\tAmsterdam\t0363\t\t\t52.3728\t4.8936\t6\n";
    /// assert!(places.add(&Source::new("NL.txt", line)).is_empty());
    /// assert!(places.find("Netherlands", "1012 AB").is_some());
    /// ```
    pub fn add(&mut self, source: &Arc<Source>) -> Vec<Diagnostic> {
        let mut findings = Vec::new();
        let mut wrong = 0;
        let mut start = 0;
        for line in source.text().split_inclusive('\n') {
            let at = start..start + line.trim_end().len();
            start += line.len();
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            if self.line(line.trim_end_matches(['\r', '\n'])).is_none() {
                wrong += 1;
                if wrong <= TOLD {
                    let told = "this is no line of a postal-code file";
                    findings.push(
                        Diagnostic::warning("postal-code", told)
                            .at(source.location(at), "")
                            .help("GeoNames' format: country, code, place, …, latitude, longitude, between tabs"),
                    );
                }
            }
        }
        if wrong > TOLD {
            findings.push(Diagnostic::warning(
                "postal-code",
                format!(
                    "{} more lines of {} are no postal codes",
                    wrong - TOLD,
                    source.name()
                ),
            ));
        }
        findings
    }

    fn line(&mut self, line: &str) -> Option<()> {
        let cells: Vec<&str> = line.split('\t').collect();
        let (country, code) = (cells.first()?, cells.get(1)?);
        let degrees = |at: usize, most: f64| -> Option<f64> {
            let number: f64 = cells.get(at)?.trim().parse().ok()?;
            (-most..=most).contains(&number).then_some(number)
        };
        let point = Point {
            latitude: degrees(9, 90.0)?,
            longitude: degrees(10, 180.0)?,
        };
        self.put(country, code, point).then_some(())
    }

    /// Adds a place that has a code. Tells whether the country is known and the code is one.
    pub fn put(&mut self, country: &str, code: &str, point: Point) -> bool {
        let country = Country::named(country).map(|country| country.alpha_2);
        let key = country.and_then(|country| Some((country, normal(country, code)?)));
        let Some(key) = key else {
            return false;
        };
        let sum = self.codes.entry(key).or_insert((0.0, 0.0, 0));
        *sum = (sum.0 + point.latitude, sum.1 + point.longitude, sum.2 + 1);
        true
    }

    /// Where a code of a country lies; the country by code or English name.
    pub fn find(&self, country: &str, code: &str) -> Option<Point> {
        let country = Country::named(country)?.alpha_2;
        let key = (country, normal(country, code)?);
        let (latitude, longitude, count) = self.codes.get(&key)?;
        let count = f64::from(*count);
        Some(Point {
            latitude: latitude / count,
            longitude: longitude / count,
        })
    }

    /// Whether any code of a country is known.
    pub fn knows_country(&self, country: &str) -> bool {
        let country = Country::named(country);
        country.is_some_and(|one| self.codes.keys().any(|(known, _)| *known == one.alpha_2))
    }

    /// How many codes are known.
    pub fn len(&self) -> usize {
        self.codes.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.codes.is_empty()
    }

    /// Where somebody lives: by their postal code if it is known, else by their latitude and longitude.
    pub(super) fn of(&self, profile: &Profile) -> Option<Point> {
        let location = &profile.location;
        if let (Some(country), Some(zip)) = (&location.country, &location.zip)
            && let Some(point) = self.find(country, zip)
        {
            return Some(point);
        }
        let latitude = location.latitude.filter(|north| north.abs() <= 90.0)?;
        let longitude = location.longitude.filter(|east| east.abs() <= 180.0)?;
        Some(Point {
            latitude,
            longitude,
        })
    }

    /// Whether somebody has a postal code that is not known, and nothing else to go by.
    pub(super) fn misses(&self, profile: &Profile) -> bool {
        let zip = profile.location.zip.as_ref();
        zip.is_some_and(|zip| !zip.trim().is_empty()) && self.of(profile).is_none()
    }
}

/// A code as it is looked up: without what narrows it further than files do, and without blanks.
fn normal(country: &str, code: &str) -> Option<Box<str>> {
    let code = code.trim().to_uppercase();
    let tight: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    if tight.is_empty() {
        return None;
    }
    let first = |n: usize| tight.chars().take(n).collect::<String>();
    let code = match country {
        // ZIP+4; and numbers have lost the zero in front.
        "US" => {
            let five = tight.split('-').next().unwrap_or_default();
            match five.len() == 4 && five.bytes().all(|b| b.is_ascii_digit()) {
                true => format!("0{five}"),
                false => five.to_owned(),
            }
        }
        // The forward sortation area.
        "CA" => first(3),
        // The outward code.
        "GB" => match code.split_once(char::is_whitespace) {
            Some((outward, _)) => outward.to_owned(),
            None if tight.chars().count() > 4 => first(tight.chars().count() - 3),
            None => tight,
        },
        // Four digits; the letters narrow them to a street.
        "NL" if tight.len() == 6 => first(4),
        _ => tight,
    };
    Some(code.into_boxed_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_looked_up_as_files_have_them() {
        let same = |country, a, b| assert_eq!(normal(country, a), normal(country, b), "{a}");
        same("US", "02110-1234", "2110");
        same("CA", "k1a 0b1", "K1A");
        same("GB", "SW1W 0NY", "SW1W");
        same("GB", "SW1W0NY", "SW1W");
        same("GB", "M1 1AE", "M1");
        same("NL", "1012 ab", "1012");
        same("SE", "113 51", "11351");
        assert_eq!(normal("US", " "), None);
    }

    #[test]
    fn a_broken_line_is_told_and_the_rest_is_read() {
        let mut places = Places::default();
        let text =
            "NL\t1012\tA\t\t\t\t\t\t\t52\t4\n\nNL\t1013\n# note\nNL\t1012\tB\t\t\t\t\t\t\t54\t6\n";
        let findings = places.add(&Source::new("NL.txt", text));
        assert_eq!(
            findings[0].to_string(),
            "NL.txt:3:1: warning[postal-code]: this is no line of a postal-code file"
        );
        let middle = places.find("NLD", "1012").unwrap();
        assert_eq!((middle.latitude, middle.longitude), (53.0, 5.0));
    }
}
