//! Amounts of money, written as the account's locale writes them.
//!
//! Klaviyo's `{% currency_format %}` follows the account's locale. The table below holds CLDR's patterns for the
//! locales that shops in our reference use; any other locale is written as `en-US`.

use rust_decimal::{Decimal, RoundingStrategy};

/// A locale's way of writing an amount, with a currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Money {
    symbol: String,
    decimals: u32,
    group: &'static str,
    point: &'static str,
    /// Whether the symbol stands before the amount, and what stands between them.
    before: bool,
    gap: &'static str,
}

impl Money {
    /// How `locale` (BCP 47) writes `currency` (ISO 4217).
    ///
    /// ```
    /// use letterpress::language::Money;
    /// assert_eq!(Money::new("en-US", "USD").format_text("1234.5").unwrap(), "$1,234.50");
    /// assert_eq!(Money::new("nl-NL", "EUR").format_text("-5").unwrap(), "€\u{a0}-5,00");
    /// assert_eq!(Money::new("de-DE", "EUR").format_text("1234.5").unwrap(), "1.234,50\u{a0}€");
    /// assert_eq!(Money::new("en-US", "USD").format_text("$40"), None);
    /// ```
    pub fn new(locale: &str, currency: &str) -> Money {
        let locale = locale.replace('_', "-");
        let (language, region) = locale.split_once('-').unwrap_or((&locale, ""));
        let currency = currency.to_ascii_uppercase();
        let (group, point, before, gap) = match (language, region) {
            ("de", "AT") => ("\u{a0}", ",", true, "\u{a0}"),
            ("de", "CH") => ("’", ".", true, "\u{a0}"),
            ("nl", _) => (".", ",", true, "\u{a0}"),
            ("pt", "BR") => (".", ",", true, "\u{a0}"),
            ("de" | "es" | "it" | "da" | "tr" | "pt" | "id", _) => (".", ",", false, "\u{a0}"),
            ("fr", _) => ("\u{202f}", ",", false, "\u{a0}"),
            ("sv" | "nb" | "no" | "fi" | "pl" | "cs" | "ru" | "uk", _) => {
                ("\u{a0}", ",", false, "\u{a0}")
            }
            _ => (",", ".", true, ""),
        };
        // The home country writes its own sign; abroad the dollar needs its country.
        let home = |countries: &[&str]| countries.contains(&region);
        let symbol = match currency.as_str() {
            "USD" if region.is_empty() || home(&["US"]) || language != "en" => "$",
            "USD" => "US$",
            "EUR" => "€",
            "GBP" => "£",
            "JPY" if language == "ja" => "￥",
            "JPY" => "¥",
            "CNY" if language == "zh" => "¥",
            "CNY" => "CN¥",
            "INR" => "₹",
            "KRW" => "₩",
            "ILS" => "₪",
            "BRL" => "R$",
            "CAD" if home(&["CA"]) => "$",
            "CAD" => "CA$",
            "AUD" if home(&["AU"]) => "$",
            "AUD" => "A$",
            "NZD" if home(&["NZ"]) => "$",
            "NZD" => "NZ$",
            "MXN" if home(&["MX"]) => "$",
            "MXN" => "MX$",
            "SEK" | "NOK" | "DKK" if home(&["SE", "NO", "DK"]) => "kr",
            "PLN" if language == "pl" => "zł",
            "CZK" if language == "cs" => "Kč",
            "TRY" if language == "tr" => "₺",
            other => other,
        };
        let is_code = symbol.len() == 3 && symbol == currency;
        Money {
            symbol: symbol.to_owned(),
            decimals: match currency.as_str() {
                "JPY" | "KRW" | "VND" | "CLP" | "ISK" => 0,
                "KWD" | "BHD" | "OMR" | "JOD" | "TND" => 3,
                _ => 2,
            },
            group,
            point,
            before,
            gap: if is_code && gap.is_empty() {
                "\u{a0}"
            } else {
                gap
            },
        }
    }

    /// An amount with this locale's symbol, grouping and decimals, halves away from zero.
    pub fn format(&self, amount: Decimal) -> String {
        let rounded =
            amount.round_dp_with_strategy(self.decimals, RoundingStrategy::MidpointAwayFromZero);
        let digits = format!("{:.*}", self.decimals as usize, rounded.abs());
        let (whole, fraction) = digits.split_once('.').unwrap_or((&digits, ""));
        let mut number = String::new();
        for (at, digit) in whole.chars().enumerate() {
            if at > 0 && (whole.len() - at) % 3 == 0 {
                number.push_str(self.group);
            }
            number.push(digit);
        }
        if !fraction.is_empty() {
            number.push_str(self.point);
            number.push_str(fraction);
        }
        let minus = if rounded.is_sign_negative() && !rounded.is_zero() {
            "-"
        } else {
            ""
        };
        match (self.before, self.gap) {
            // CLDR: -$5.00, but € -5,00 where a space stands between.
            (true, "") => format!("{minus}{}{number}", self.symbol),
            (true, gap) => format!("{}{gap}{minus}{number}", self.symbol),
            (false, gap) => format!("{minus}{number}{gap}{}", self.symbol),
        }
    }

    /// [`Money::format`] of a number written as text; None when it is no number.
    pub fn format_text(&self, amount: &str) -> Option<String> {
        decimal(amount).map(|amount| self.format(amount))
    }
}

impl Default for Money {
    fn default() -> Money {
        Money::new("en-US", "USD")
    }
}

/// A decimal written as text, an exponent allowed; None when it is no number or too large.
pub fn decimal(text: &str) -> Option<Decimal> {
    let text = text.trim();
    text.parse::<Decimal>()
        .ok()
        .or_else(|| Decimal::from_scientific(text).ok())
}
