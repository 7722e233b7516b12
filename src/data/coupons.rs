//! The codes of coupons: `coupons.csv`.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Source};

/// Coupons and their codes, in the order of the file.
///
/// ```
/// use letterpress::data::Coupons;
/// use letterpress::diagnostic::Source;
/// let (coupons, findings) = Coupons::from_csv(&Source::new("coupons.csv", "coupon,code\nBIRTHDAY,B-1\nBIRTHDAY,B-2\n"));
/// assert!(findings.is_empty());
/// assert_eq!(coupons.codes("BIRTHDAY"), ["B-1", "B-2"]);
/// assert!(coupons.codes("SPRING").is_empty());
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coupons(BTreeMap<String, Vec<String>>);

impl Coupons {
    /// Reads `coupons.csv`: a head that names the columns `coupon` and `code`, then a code a line. A line without
    /// either is a finding and is left out.
    pub fn from_csv(source: &Arc<Source>) -> (Coupons, Vec<Diagnostic>) {
        let mut coupons = Coupons::default();
        let mut findings = Vec::new();
        let mut columns = None;
        let mut start = 0;
        for line in source.text().split_inclusive('\n') {
            let at = start..start + line.trim_end().len();
            start += line.len();
            let cells = cells(line.trim_start_matches('\u{feff}').trim_end());
            if cells.iter().all(String::is_empty) {
                continue;
            }
            let Some((name, code)) = columns else {
                let column = |name: &str| {
                    cells
                        .iter()
                        .position(|cell| cell.eq_ignore_ascii_case(name))
                };
                let (Some(name), Some(code)) = (column("coupon"), column("code")) else {
                    let told = "the first line names the columns: coupon,code";
                    findings.push(
                        Diagnostic::warning("broken-record", told).at(source.location(at), ""),
                    );
                    return (coupons, findings);
                };
                columns = Some((name, code));
                continue;
            };
            match (cells.get(name), cells.get(code)) {
                (Some(name), Some(code)) if !name.is_empty() && !code.is_empty() => {
                    let codes = coupons.0.entry(name.clone()).or_default();
                    codes.push(code.clone());
                }
                _ => findings.push(
                    Diagnostic::warning("broken-record", "a line names a coupon and a code")
                        .at(source.location(at), ""),
                ),
            }
        }
        (coupons, findings)
    }

    /// Adds a code.
    #[cfg(feature = "store")]
    pub(crate) fn put(&mut self, coupon: String, code: String) {
        self.0.entry(coupon).or_default().push(code);
    }

    /// The codes of a coupon, in the order of the file.
    pub fn codes(&self, coupon: &str) -> &[String] {
        self.0.get(coupon).map_or(&[], Vec::as_slice)
    }

    /// The names of the coupons.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// The cells of a line of CSV: quotes may stand round a cell, two of them inside mean one. No code has a line break.
fn cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        let Some(cell) = cells.last_mut() else { break };
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                cell.push('"');
            }
            '"' if quoted || cell.is_empty() => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            _ => cell.push(character),
        }
    }
    for cell in &mut cells {
        *cell = cell.trim().to_owned();
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_found_by_name_and_broken_lines_are_told() {
        let text = "\u{feff}Code, Coupon,note\r\n\"A,\"\"1\",SPRING,x\r\n\r\n,SPRING,\r\nlonely\r\nA2,SPRING\r\n";
        let (coupons, findings) = Coupons::from_csv(&Source::new("coupons.csv", text));
        assert_eq!(coupons.codes("SPRING"), ["A,\"1", "A2"]);
        assert_eq!(coupons.names().collect::<Vec<_>>(), ["SPRING"]);
        let told: Vec<String> = findings.iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].contains("coupons.csv:4:1"), "{}", told[0]);
    }

    #[test]
    fn a_file_without_a_head_is_told_once() {
        let (coupons, findings) =
            Coupons::from_csv(&Source::new("coupons.csv", "SPRING,A1\nSPRING,A2\n"));
        assert_eq!((coupons, findings.len()), (Coupons::default(), 1));
        let (_, findings) = Coupons::from_csv(&Source::new("coupons.csv", ""));
        assert!(findings.is_empty());
    }
}
