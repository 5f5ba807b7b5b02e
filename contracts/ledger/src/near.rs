//! What was probably meant by a name that nobody knows.

/// How many known names an error lists.
const LISTED: usize = 10;
/// A shorter beginning than this says nothing about what was meant.
const SHORTEST_PREFIX: usize = 4;

/// The known name that is meant, probably: the only one that begins so, or else the nearest one, if it is near enough.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let known: Vec<&str> = known.into_iter().collect();
    let mut longer = known.iter().filter(|other| other.starts_with(name));
    if let (true, Some(only), None) = (name.len() >= SHORTEST_PREFIX, longer.next(), longer.next()) {
        return Some(only);
    }
    let far_enough = name.chars().count().div_ceil(3);
    known
        .into_iter()
        .map(|other| (strsim::damerau_levenshtein(name, other), other))
        .filter(|(distance, _)| *distance <= far_enough)
        .min()
        .map(|(_, other)| other)
}

/// `; did you mean 'orders'?` where there is something near, and what is known in any case.
pub(crate) fn hint<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    let meant =
        nearest(name, known.iter().copied()).map_or_else(String::new, |near| format!("; did you mean '{near}'?"));
    let more = known.len().saturating_sub(LISTED);
    let list = known.into_iter().take(LISTED).collect::<Vec<_>>().join(", ");
    match (list.is_empty(), more) {
        (true, _) => format!("{meant}; known are none"),
        (false, 0) => format!("{meant}; known are {list}"),
        (false, more) => format!("{meant}; known are {list} and {more} more"),
    }
}
