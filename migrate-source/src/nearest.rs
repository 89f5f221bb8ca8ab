//! What somebody may have meant.

/// The candidate that is nearest to a word, if it is near enough to be what was meant. Case does not count.
///
/// ```
/// use migrate_source::nearest;
/// assert_eq!(nearest("transacton", ["marker", "transaction"]), Some("transaction"));
/// assert_eq!(nearest("Marker", ["marker", "transaction"]), Some("marker"));
/// assert_eq!(nearest("colour", ["marker", "transaction"]), None);
/// ```
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    // A third of the letters may be wrong: more, and any word is near any other.
    let allowed = (word.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (strsim::osa_distance(&word, &candidate.to_lowercase()), candidate))
        .filter(|&(distance, candidate)| distance <= allowed && distance < candidate.chars().count())
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}
