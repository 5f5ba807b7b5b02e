//! Decisions of the gate, and their wording.

mod commands;
mod oracle;
mod ordering;
mod properties;
mod rules;
mod wording;
mod worlds;

use ledger::{
    gate::{Answer, Decision, Gate, Need, ServiceVersion},
    records::{Deployment, Others, Publication, Record, Records, Settings, Verification, VerificationResult},
};

use crate::samples::at;

/// Two environments, and a mailer without contracts.
pub(crate) fn settings() -> Settings {
    let text =
        "[environments]\nproduction = \"\"\nstaging = \"\"\n[no-contracts]\nmailer = \"it relays what it is given\"";
    Settings::parse("pacts/environments.toml".as_ref(), text).unwrap()
}

/// `orders 7` as a value.
pub(crate) fn version(text: &str) -> ServiceVersion {
    let (service, version) = text.split_once(' ').unwrap();
    ServiceVersion::new(service, version)
}

/// Records that are appended one by one.
#[derive(Debug, Clone, Default)]
pub(crate) struct History {
    pub(crate) records: Vec<Record>,
}

impl History {
    pub(crate) fn holds(mut self, publication: Publication) -> Self {
        self.records.push(Record::Publication(publication));
        self
    }

    pub(crate) fn verified(mut self, verification: Verification) -> Self {
        self.records.push(Record::Verification(verification));
        self
    }

    /// A verification by somebody who has all records so far.
    pub(crate) fn later_verified(self, mut verification: Verification) -> Self {
        verification.follows = self.records().followed_by(&verification);
        self.verified(verification)
    }

    /// A version goes live in production, beside the others.
    pub(crate) fn live(self, who: &str) -> Self {
        let who = version(who);
        self.live_version(&who.service, &who.version)
    }

    /// The same, where the name has spaces.
    pub(crate) fn live_version(mut self, service: &str, version: &str) -> Self {
        let deployment = self.change(|live| live.deployed("production", service, version, Others::Stay, at(9)));
        self.records.push(Record::Deployment(deployment));
        self
    }

    /// A version goes out of production.
    pub(crate) fn out(mut self, who: &str) -> Self {
        let who = version(who);
        let out = self.change(|live| {
            live.undeployed("production", &who.service, &who.version, at(9))
                .unwrap()
        });
        self.records.push(Record::Deployment(out));
        self
    }

    fn change(&self, change: impl Fn(&ledger::records::LiveVersions<'_>) -> Deployment) -> Deployment {
        let records = self.records();
        change(&records.live())
    }

    pub(crate) fn records(&self) -> Records {
        self.records.iter().cloned().collect()
    }

    /// May these go to production together?
    pub(crate) fn deploy(&self, who: &[&str]) -> Answer {
        let who: Vec<ServiceVersion> = who.iter().map(|text| version(text)).collect();
        let (records, settings) = (self.records(), settings());
        Gate::new(&records, &settings).can_i_deploy(&who, "production").unwrap()
    }

    pub(crate) fn undeploy(&self, who: &str) -> Answer {
        let (records, settings) = (self.records(), settings());
        Gate::new(&records, &settings)
            .can_i_undeploy(&version(who), "production")
            .unwrap()
    }

    pub(crate) fn rollback(&self, who: &str) -> Answer {
        let (records, settings) = (self.records(), settings());
        Gate::new(&records, &settings)
            .can_i_rollback(&version(who), "production")
            .unwrap()
    }
}

/// Storefront 1 holds pact 1 with orders, orders calls nobody, and orders 1 passed it and is live.
pub(crate) fn shop() -> History {
    use crate::samples::{holds, verified};
    History::default()
        .holds(holds("storefront", "1", &[("orders", 1)]))
        .holds(holds("orders", "1", &[]))
        .holds(holds("orders", "2", &[]))
        .verified(verified("orders", "1", "storefront", 1, VerificationResult::Passed))
        .live("orders 1")
}

/// Fails unless the answer has this decision, for these reasons.
pub(crate) fn assert_answer(answer: &Answer, decision: Decision, reasons: &[&str]) {
    let seen: Vec<&str> = answer.needs.iter().map(Need::reason).collect();
    assert!(answer.decision == decision && seen == reasons, "{}", answer.text(120));
}
