//! The number in front of a migration's name.

use std::cmp::Ordering;
use std::fmt;

/// A number of any length, leading zeroes dropped; compares as a number.
///
/// `V1.2__name.sql` has a number of two parts, `1.2`; they compare part by part.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Number(pub String);

impl Number {
    /// The number that digits write; `None` where there is anything but digits and single full stops between them.
    ///
    /// ```
    /// use migrate_source::Number;
    /// let number = |text| Number::parse(text).unwrap();
    /// assert!(number("002") < number("10"));
    /// assert!(number("99999999999999999999999") < number("100000000000000000000000"));
    /// assert_eq!(number("000"), number("0"));
    /// assert!(number("1.9") < number("1.10"));
    /// assert_eq!(number("1.0"), number("1"));
    /// assert_eq!(Number::parse("1a"), None);
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Option<Number> {
        let mut parts = Vec::new();
        for part in text.split('.') {
            if part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            let digits = part.trim_start_matches('0');
            parts.push(if digits.is_empty() { "0" } else { digits });
        }
        while parts.len() > 1 && parts.last() == Some(&"0") {
            parts.pop();
        }
        Some(Number(parts.join(".")))
    }
}

impl Number {
    /// Each part after its length: of two numbers without leading zeroes the longer is the larger.
    fn parts(&self) -> impl Iterator<Item = (usize, &str)> {
        self.0.split('.').map(|part| (part.len(), part))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Number) -> Ordering {
        self.parts().cmp(other.parts())
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Number) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
