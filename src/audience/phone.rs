//! The country that a phone number in E.164 begins with.

use super::country::Country;

/// The calling code of a number: the longest that it begins with. None for what is no number in E.164.
pub(super) fn calling_code(number: &str) -> Option<&'static str> {
    let digits = number.strip_prefix('+')?;
    let codes = Country::all().iter().map(|country| country.calling_code);
    codes
        .filter(|code| digits.starts_with(code))
        .max_by_key(|code| code.len())
}

/// The calling code that a definition means: `1`, `+1`, `US`.
pub(super) fn meant(written: &str) -> Option<&'static str> {
    let text = written.trim();
    let digits = text.strip_prefix('+').unwrap_or(text);
    let same = Country::all()
        .iter()
        .find(|country| country.calling_code == digits);
    same.copied()
        .or_else(|| Country::named(text))
        .map(|country| country.calling_code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_code_counts() {
        assert_eq!(calling_code("+16175550123"), Some("1"));
        assert_eq!(calling_code("+35312345"), Some("353"));
        assert_eq!(
            calling_code("+12425550123"),
            Some("1"),
            "the Caribbean is of +1"
        );
        assert_eq!(calling_code("06175550123"), None);
        assert_eq!([meant("1"), meant("+1"), meant("US")], [Some("1"); 3]);
        assert_eq!(meant("zz"), None);
    }
}
