//! Text for HTML and SVG: escaped, measured, cut.

use std::borrow::Cow;

use unicode_width::UnicodeWidthChar;

/// Text as HTML and XML read it back, between tags and in double quotes. What XML cannot hold becomes U+FFFD.
pub(super) fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(|c: char| replacement(c).is_some()) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match replacement(c) {
            Some(replacement) => escaped.push_str(replacement),
            None => escaped.push(c),
        }
    }
    Cow::Owned(escaped)
}

fn replacement(c: char) -> Option<&'static str> {
    match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '"' => Some("&quot;"),
        '\'' => Some("&#39;"),
        '\t' | '\n' => None,
        // Left-to-right marks and their like could make one name look like another.
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}' => Some("\u{fffd}"),
        c if c.is_control() => Some("\u{fffd}"),
        _ => None,
    }
}

/// How wide a text is in a proportional font of a size. Which font the reader has is not known, so it is what the wider
/// ones among the usual fonts need.
pub(super) fn width(text: &str, size: f64) -> f64 {
    text.chars().map(ems).sum::<f64>() * size
}

fn ems(c: char) -> f64 {
    match c {
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '|' | '\'' | '!' | 'I' => 0.33,
        'f' | 'r' | 't' | '(' | ')' | '[' | ']' | ' ' | '-' => 0.42,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 0.98,
        'A'..='Z' => 0.72,
        c if c.is_ascii() => 0.63,
        c => match c.width() {
            Some(0) => 0.0,
            Some(1) | None => 0.72,
            Some(_) => 1.05,
        },
    }
}

/// A text of at most so many characters, the last one an ellipsis where some are left out.
pub(super) fn cut(text: &str, most: usize) -> Cow<'_, str> {
    if text.chars().nth(most).is_none() {
        return Cow::Borrowed(text);
    }
    let kept: String = text.chars().take(most - 1).collect();
    Cow::Owned(kept.trim_end().to_owned() + "…")
}

/// As much of a text as fits into a width.
pub(super) fn fit(text: &str, size: f64, room: f64) -> Cow<'_, str> {
    let count = text.chars().count();
    let fits = |most: &usize| width(&cut(text, *most), size) <= room;
    cut(text, (2..=count).rev().find(fits).unwrap_or(2))
}

/// A coordinate, to a tenth.
pub(super) fn number(value: f64) -> String {
    let rounded = (value * 10.0).round() / 10.0;
    // Not `-0`.
    format!("{}", rounded + 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_its_place() {
        assert_eq!(escape("</script><b a=\"'\">&"), "&lt;/script&gt;&lt;b a=&quot;&#39;&quot;&gt;&amp;");
        assert_eq!(escape("a\u{0}b\u{1b}c\u{202e}d\ne"), "a\u{fffd}b\u{fffd}c\u{fffd}d\ne");
        assert!(matches!(escape("naïve 表"), Cow::Borrowed("naïve 表")));
    }

    #[test]
    fn cut_counts_characters() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("äbcd", 3), "äb…");
    }

    #[test]
    fn what_does_not_fit_is_cut() {
        assert_eq!(fit("abcdef", 10.0, 1000.0), "abcdef");
        let cut = fit("abcdefabcdef", 10.0, 40.0);
        assert!(cut.ends_with('…') && width(&cut, 10.0) <= 40.0 && cut.chars().count() > 3, "{cut}");
    }

    #[test]
    fn wide_characters_need_more() {
        assert!(width("表", 10.0) > width("a", 10.0));
        assert!(width("e\u{301}", 10.0) == width("e", 10.0));
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!([number(-0.01), number(2.0), number(2.349)], ["0", "2", "2.3"]);
    }
}
