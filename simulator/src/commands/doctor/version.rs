/// Finds the first word of `text` that looks like a version, and returns its three numbers. Missing ones are 0.
pub(super) fn version(text: &str) -> Option<[u32; 3]> {
    text.split_whitespace().find_map(|word| {
        let mut numbers = word
            .split('.')
            .map(|number| number.split('-').next().unwrap_or_default().parse().ok());
        let version = [
            numbers.next()??,
            numbers.next()??,
            numbers.next().flatten().unwrap_or(0),
        ];
        Some(version)
    })
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn versions_are_found_in_what_tools_say() {
        assert_eq!(version("rustc 1.95.0 (59807616e 2026-04-14)"), Some([1, 95, 0]));
        assert_eq!(version("rustc 1.97.0-nightly (1 2)"), Some([1, 97, 0]));
        assert_eq!(version("1.95"), Some([1, 95, 0]));
        assert_eq!(version("no version"), None);
    }
}
