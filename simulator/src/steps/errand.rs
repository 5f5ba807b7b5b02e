use std::{ops::Range, path::PathBuf};

/// A program that a scenario runs beside the system, to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Errand {
    /// The file that collects its output, without `.log`; unique in the run.
    pub name: String,
    /// The program and its arguments: with a slash a path from `folder`, otherwise a name in `PATH`.
    pub words: Vec<String>,
    /// Its working folder.
    pub folder: PathBuf,
    /// Variables for its environment, beside those that the world adds.
    pub env: Vec<(String, String)>,
}

/// The lines of a log that match a pattern.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matches {
    /// Number of lines that were read.
    pub lines: u64,
    /// Number of those that match.
    pub matching: usize,
    /// The first of those that match.
    pub first: Vec<String>,
}

/// A part of the log of a node. Lines have no moments, so its edges are places in the log: the length that it had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogPart {
    /// Length in bytes at the beginning, of each instance.
    pub from: Vec<u64>,
    /// Length in bytes at the end, of each instance; none while the part goes on.
    pub to: Option<Vec<u64>>,
    /// Leaves a line out that was begun in the part and completed after it.
    pub completed: bool,
}

impl LogPart {
    /// Tells if a line belongs to it: one of this instance, by number from 0, with these bytes of the log.
    pub fn has(&self, instance: usize, line: Range<u64>) -> bool {
        let last = if self.completed { line.end } else { line.start + 1 };
        let begins = self.from.get(instance).is_some_and(|from| *from <= line.start);
        let ends = |to: &Vec<u64>| to.get(instance).is_some_and(|to| last <= *to);
        begins && self.to.as_ref().is_none_or(ends)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_belongs_to_a_part_that_it_begins_in_or_that_it_lies_in() {
        let part = |completed| LogPart {
            from: vec![10, 0],
            to: Some(vec![30, 5]),
            completed,
        };
        for (instance, line, begun, whole) in [
            (0, 0..9, false, false),
            (0, 5..15, false, false),
            (0, 10..20, true, true),
            (0, 20..30, true, true),
            (0, 25..31, true, false),
            (0, 30..40, false, false),
            (1, 0..5, true, true),
            (1, 5..7, false, false),
            (2, 10..20, false, false),
        ] {
            let seen = (
                part(false).has(instance, line.clone()),
                part(true).has(instance, line.clone()),
            );
            assert_eq!(seen, (begun, whole), "{instance}: {line:?}");
        }
        let goes_on = LogPart { to: None, ..part(true) };
        assert!(goes_on.has(0, 1000..2000) && !goes_on.has(0, 9..20));
    }
}
