//! Suggestions for names that nobody knows: "did you mean ...?".

/// Most known names that an error lists.
const LISTED: usize = 10;
/// Fewest characters of a prefix that is taken for an abbreviation.
const SHORTEST_PREFIX: usize = 4;

/// Known name that was probably meant: the only one that `name` is a prefix of, or else the nearest one by edit
/// distance.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let known: Vec<&str> = known.into_iter().collect();
    let mut longer = known.iter().filter(|other| other.starts_with(name));
    if let (true, Some(only), None) = (name.len() >= SHORTEST_PREFIX, longer.next(), longer.next()) {
        return Some(only);
    }
    // One typing error in three characters: a larger distance suggests names that have nothing in common.
    let farthest = name.chars().count().div_ceil(3);
    known
        .into_iter()
        .map(|other| (strsim::damerau_levenshtein(name, other), other))
        .filter(|(distance, _)| *distance <= farthest)
        .min()
        .map(|(_, other)| other)
}

/// End of an error about an unknown name: the suggestion, if there is one, and the known names.
pub(crate) fn hint<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    let meant =
        nearest(name, known.iter().copied()).map_or_else(String::new, |other| format!("; did you mean '{other}'?"));
    let more = known.len().saturating_sub(LISTED);
    let list = known.into_iter().take(LISTED).collect::<Vec<_>>().join(", ");
    match (list.is_empty(), more) {
        (true, _) => format!("{meant}; none are known"),
        (false, 0) => format!("{meant}; known are {list}"),
        (false, more) => format!("{meant}; known are {list} and {more} more"),
    }
}
