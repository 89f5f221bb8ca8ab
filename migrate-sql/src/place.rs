//! Lines and columns.

/// The line and the column of a byte of a text, both counted from 1; the column counts characters.
///
/// An offset past the end is the end.
///
/// ```
/// assert_eq!(migrate_sql::line_column("ab\ncd", 4), (2, 2));
/// ```
#[must_use]
pub fn line_column(text: &str, offset: usize) -> (u32, u32) {
    let mut end = offset.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let before = &text[..end];
    let line = before.bytes().filter(|&b| b == b'\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |tail| tail.chars().count()) + 1;
    (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
}
