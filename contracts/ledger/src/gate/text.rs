//! Answer for people and for machines.

use std::fmt::Write;

use serde_json::{Value, json};

use super::{Answer, Decision, Pair, PairState, Question, table};

impl Answer {
    /// Text for people, with a table at most `width` columns wide: the decision, the pairs behind it, then the
    /// needed changes.
    pub fn text(&self, width: u16) -> String {
        let mut text = format!("{}: {}\n", self.decision.as_str(), self.sentence());
        for (service, reason) in &self.no_contracts {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{service} has no contracts: {reason}");
        }
        if !self.pairs.is_empty() {
            let _ = write!(text, "\n{}\n", table(self.pairs.iter().map(Pair::cells), width));
        }
        if !self.needs.is_empty() {
            let many = if self.needs.len() == 1 {
                "one change is"
            } else {
                "these changes are"
            };
            let _ = writeln!(text, "\n{many} needed for a yes:");
        }
        for (number, need) in (1..).zip(&self.needs) {
            let _ = writeln!(text, "{number}. {need}:\n     {}", need.command(&self.pacts));
        }
        text
    }

    /// JSON for machines, with the sentence and the commands of [`Self::text`].
    pub fn json(&self) -> Value {
        let needs = self.needs.iter().map(|need| {
            let mut json = json!({
                "answer": need.decision(),
                "reason": need.reason(),
                "text": need.to_string(),
                "command": need.command(&self.pacts),
            });
            if !need.failures().is_empty() {
                json["against"] = json!(need.failures());
            }
            json
        });
        json!({
            "answer": self.decision,
            "asked": self.question,
            "of": self.changes,
            "environment": self.environment,
            "text": self.sentence(),
            "rows": self.pairs,
            "needed": needs.collect::<Vec<_>>(),
            "no_contracts": self.no_contracts,
        })
    }

    fn sentence(&self) -> String {
        let who: Vec<String> = self.changes.iter().map(ToString::to_string).collect();
        let (who, place) = (who.join(" with "), &self.environment);
        let way = match self.question {
            Question::Deploy => format!("go to {place}"),
            Question::Undeploy => format!("leave {place}"),
            Question::Rollback => format!("come back to {place}"),
        };
        match self.decision {
            Decision::Yes => format!("{who} can {way}; {}", self.evidence()),
            Decision::No => format!("{who} can't {way}"),
            Decision::Unknown => format!("nothing proves that {who} can {way}"),
        }
    }

    fn evidence(&self) -> String {
        let is_passed = |pair: &&Pair| pair.state == PairState::Passed;
        let needs_no_proof = || {
            self.changes
                .iter()
                .all(|who| self.no_contracts.contains_key(&who.service))
        };
        match (self.question, self.pairs.iter().filter(is_passed).count()) {
            (Question::Undeploy, 0) => "nothing that is live needs it".to_owned(),
            (Question::Undeploy, _) => "every live consumer of it has another version that passed".to_owned(),
            (_, 0) if needs_no_proof() => "it makes no pair with anything that is live".to_owned(),
            (_, 0) => "it has passed a verification, and makes no pair with anything that is live".to_owned(),
            (_, 1) => "the one pair it makes was verified".to_owned(),
            (_, pairs) => format!("all {pairs} pairs it makes were verified"),
        }
    }
}
