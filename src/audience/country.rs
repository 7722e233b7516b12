//! Countries by their codes of two and three letters and their English names: `countries.txt`.

use std::collections::HashMap;
use std::sync::LazyLock;

/// A country.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Country {
    /// ISO 3166, two letters.
    pub(super) alpha_2: &'static str,
    /// Three letters: what definitions are written with.
    pub(super) alpha_3: &'static str,
    /// What its phone numbers begin with.
    pub(super) calling_code: &'static str,
    pub(super) name: &'static str,
}

struct Countries {
    list: Vec<Country>,
    /// By codes and names, in lower case.
    by_name: HashMap<String, usize>,
}

static COUNTRIES: LazyLock<Countries> = LazyLock::new(|| {
    let mut countries = Countries {
        list: Vec::new(),
        by_name: HashMap::new(),
    };
    for line in include_str!("countries.txt").lines() {
        let mut parts = line.splitn(4, ' ');
        let mut part = || parts.next().unwrap_or_default();
        let (alpha_2, alpha_3, calling_code, names) = (part(), part(), part(), part());
        let place = countries.list.len();
        let mut names = names.split('|').peekable();
        countries.list.push(Country {
            alpha_2,
            alpha_3,
            calling_code,
            name: names.peek().unwrap_or(&alpha_2),
        });
        for name in names.chain([alpha_2, alpha_3]) {
            countries.by_name.insert(name.to_lowercase(), place);
        }
    }
    countries
});

/// The members of the European Union.
const EUROPEAN_UNION: [&str; 27] = [
    "AT", "BE", "BG", "HR", "CY", "CZ", "DK", "EE", "FI", "FR", "DE", "GR", "HU", "IE", "IT", "LV",
    "LT", "LU", "MT", "NL", "PL", "PT", "RO", "SK", "SI", "ES", "SE",
];

impl Country {
    /// The country of this code or English name, whatever its case.
    pub(super) fn named(name: &str) -> Option<Country> {
        let place = COUNTRIES.by_name.get(&name.trim().to_lowercase())?;
        COUNTRIES.list.get(*place).copied()
    }

    pub(super) fn all() -> &'static [Country] {
        &COUNTRIES.list
    }

    pub(super) fn is_in_european_union(&self) -> bool {
        EUROPEAN_UNION.contains(&self.alpha_2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_are_found_by_code_and_name() {
        for name in ["NL", "nld", "Netherlands", " the netherlands "] {
            assert_eq!(Country::named(name).unwrap().alpha_3, "NLD");
        }
        assert!(Country::named("Atlantis").is_none());
        let union = Country::all()
            .iter()
            .filter(|one| one.is_in_european_union());
        assert_eq!(union.count(), 27);
        assert!(
            Country::all()
                .iter()
                .all(|one| one.alpha_2.len() == 2 && one.alpha_3.len() == 3)
        );
    }
}
