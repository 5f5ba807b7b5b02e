//! Difference for people.

use std::fmt::Write;

use super::{Change, Difference, Effect};

impl Difference {
    /// Renders the changes, worst first, each with the consumers that it matters to and the reasons.
    pub fn text(&self) -> String {
        if self.changes.is_empty() {
            return "nothing changed in pacts and API documents\n".to_owned();
        }
        let mut text = String::new();
        let kinds = [Effect::Breaks, Effect::Warns, Effect::LeavesAlone].map(|effect| {
            let changes: Vec<&Change> = self.changes.iter().filter(|change| change.effect == effect).collect();
            (title(effect), changes)
        });
        let counts: Vec<String> = kinds
            .iter()
            .map(|(title, changes)| format!("{title}: {}", changes.len()))
            .collect();
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}", counts.join("; "));
        for (title, changes) in kinds.iter().filter(|(_, changes)| !changes.is_empty()) {
            let _ = writeln!(text, "\n{title}");
            for change in changes {
                add(&mut text, change);
            }
        }
        text
    }
}

fn title(effect: Effect) -> &'static str {
    match effect {
        Effect::Breaks => "breaks a consumer",
        Effect::Warns => "may matter",
        Effect::LeavesAlone => "leaves everybody alone",
    }
}

fn add(text: &mut String, change: &Change) {
    let _ = writeln!(text, "  {}: {}", change.place, change.what);
    for detail in &change.details {
        let _ = writeln!(text, "      {detail}");
    }
    if change.consumers.is_empty() {
        let _ = writeln!(text, "    no pact has to do with it");
    }
    for (consumer, concern) in &change.consumers {
        let verb = match concern.effect {
            Effect::Breaks => "breaks",
            Effect::Warns => "may matter to",
            Effect::LeavesAlone => "leaves alone",
        };
        let _ = writeln!(text, "    {verb} {consumer}: {}", concern.why);
    }
}
