//! Rules of the gate once more, without an index: every question reads all records. Slow, and short enough to be
//! believed.

use ledger::{
    document::ContentHash,
    gate::{Decision, PairState, ServiceVersion},
    records::{Record, Verification, VerificationResult},
};

/// The records, and the services without contracts.
pub(crate) struct Oracle<'a> {
    pub(crate) records: &'a [Record],
    pub(crate) no_contracts: &'a [&'a str],
}

type Pact = (String, ContentHash);

impl Oracle<'_> {
    pub(crate) fn live(&self, environment: &str) -> Vec<ServiceVersion> {
        let mut live = Vec::new();
        for record in self.records {
            let Record::Deployment(deployment) = record else {
                continue;
            };
            let id = record.id();
            let is_ended = self.records.iter().any(|other| match other {
                Record::Deployment(other) => other.ends.contains(&id),
                _ => false,
            });
            if let (Some(version), false, true) = (&deployment.starts, is_ended, deployment.environment == environment)
            {
                let who = ServiceVersion::new(&deployment.service, version);
                if !live.contains(&who) {
                    live.push(who);
                }
            }
        }
        live
    }

    fn published(&self, who: &ServiceVersion) -> Option<Vec<Pact>> {
        let mut all = None;
        for record in self.records {
            if let Record::Publication(it) = record
                && it.consumer == who.service
                && it.version == who.version
            {
                let pacts = it.pacts.iter().map(|pact| (pact.provider.clone(), pact.pact.clone()));
                all.get_or_insert_with(Vec::new).extend(pacts);
            }
        }
        all
    }

    pub(crate) fn pacts(&self, who: &ServiceVersion) -> Vec<Pact> {
        self.published(who).unwrap_or_default()
    }

    fn interactions(&self, hash: &ContentHash) -> Option<u64> {
        let of = |record: &Record| match record {
            Record::Publication(it) => it
                .pacts
                .iter()
                .find(|pact| pact.pact == *hash)
                .map(|pact| pact.interactions),
            _ => None,
        };
        self.records.iter().find_map(of)
    }

    /// State of a pair. A failure counts unless a failed or whole verification of the pair names it as earlier,
    /// itself or through others. Clocks are not read.
    pub(crate) fn state(&self, provider: &ServiceVersion, hash: &ContentHash) -> PairState {
        let is_about =
            |it: &Verification| (&it.provider, &it.version, &it.pact) == (&provider.service, &provider.version, hash);
        let of_pair: Vec<(ContentHash, &Verification)> = self
            .records
            .iter()
            .filter_map(|record| match record {
                Record::Verification(it) if is_about(it) => Some((record.id(), it)),
                _ => None,
            })
            .collect();
        let state = |it: &Verification| {
            let of = self.interactions(hash).unwrap_or(it.interactions);
            match it.result {
                VerificationResult::Failed => PairState::Failed,
                VerificationResult::Passed if it.interactions == of => PairState::Passed,
                VerificationResult::Passed => PairState::Partial {
                    verified: it.interactions,
                    of,
                },
            }
        };
        let is_whole = |it: &Verification| !matches!(state(it), PairState::Partial { .. });
        let failure_stands = of_pair.iter().any(|(id, it)| {
            let is_later = |other: &Verification| is_whole(other) && reaches(&of_pair, other, id);
            state(it) == PairState::Failed && !of_pair.iter().any(|(_, other)| is_later(other))
        });
        if failure_stands {
            return PairState::Failed;
        }
        of_pair
            .iter()
            .map(|(_, it)| state(it))
            .max()
            .unwrap_or(PairState::Missing)
    }

    fn is_declared(&self, service: &str) -> bool {
        self.no_contracts.contains(&service)
    }

    fn has_unknown(&self, world: &[ServiceVersion]) -> bool {
        world
            .iter()
            .any(|who| self.published(who).is_none() && !self.is_declared(&who.service))
    }

    fn passed_anything(&self, who: &ServiceVersion) -> bool {
        self.records.iter().any(|record| match record {
            Record::Verification(it) => {
                it.provider == who.service
                    && it.version == who.version
                    && self.state(who, &it.pact) == PairState::Passed
            }
            _ => false,
        })
    }

    pub(crate) fn can_i_deploy(&self, changes: &[ServiceVersion], environment: &str) -> Decision {
        let mut world = self.live(environment);
        world.extend(changes.iter().cloned());
        let mut decision = if self.has_unknown(&world) {
            Decision::Unknown
        } else {
            Decision::Yes
        };
        for who in changes {
            let mut something =
                self.passed_anything(who) || self.is_declared(&who.service) || self.published(who).is_none();
            for (provider, hash) in self.pacts(who) {
                something = true;
                let there: Vec<_> = world.iter().filter(|other| other.service == provider).collect();
                if there.is_empty() {
                    decision = Decision::No;
                }
                for other in there {
                    decision = decision.max(judged(self.state(other, &hash)));
                }
            }
            for other in &world {
                for (provider, hash) in self.pacts(other) {
                    if provider == who.service {
                        something = true;
                        decision = decision.max(judged(self.state(who, &hash)));
                    }
                }
            }
            if !something {
                decision = decision.max(Decision::Unknown);
            }
        }
        decision
    }

    pub(crate) fn can_i_rollback(&self, to: &ServiceVersion, environment: &str) -> Decision {
        let was_there = self.records.iter().any(|record| match record {
            Record::Deployment(it) => {
                it.environment == environment && it.service == to.service && it.starts.as_ref() == Some(&to.version)
            }
            _ => false,
        });
        let decision = self.can_i_deploy(std::slice::from_ref(to), environment);
        if was_there {
            decision
        } else {
            decision.max(Decision::Unknown)
        }
    }

    pub(crate) fn can_i_undeploy(&self, who: &ServiceVersion, environment: &str) -> Decision {
        let mut world = self.live(environment);
        world.retain(|other| other != who);
        let mut decision = if self.has_unknown(&world) {
            Decision::Unknown
        } else {
            Decision::Yes
        };
        for consumer in &world {
            for (_, hash) in self
                .pacts(consumer)
                .into_iter()
                .filter(|(provider, _)| *provider == who.service)
            {
                let left = world.iter().filter(|other| other.service == who.service);
                let best = left.map(|other| judged(self.state(other, &hash))).min();
                decision = decision.max(best.unwrap_or(Decision::No));
            }
        }
        decision
    }

    /// Says whether all that is live together was verified together, and nobody lacks a provider.
    pub(crate) fn is_sound(&self, environment: &str) -> bool {
        let live = self.live(environment);
        live.iter().all(|consumer| {
            self.pacts(consumer).iter().all(|(provider, hash)| {
                let mut there = live.iter().filter(|other| other.service == *provider).peekable();
                there.peek().is_some() && there.all(|other| self.state(other, hash) == PairState::Passed)
            })
        })
    }
}

fn judged(state: PairState) -> Decision {
    match state {
        PairState::Passed => Decision::Yes,
        PairState::Failed => Decision::No,
        _ => Decision::Unknown,
    }
}

/// Says whether `from` names the record as earlier, itself or through others of the pair.
fn reaches(of_pair: &[(ContentHash, &Verification)], from: &Verification, to: &ContentHash) -> bool {
    from.follows.iter().any(|named| {
        let next = of_pair.iter().find(|(id, _)| id == named);
        named == to || next.is_some_and(|(_, next)| reaches(of_pair, next, to))
    })
}
