//! Consumers notice every change to what their pacts promise them; a promise that they would not miss is
//! over-specified.
//!
//! Each field of each example is changed in every way that a provider may not change it, and the consumer's own
//! code runs on the result. The consumer notices the change if it returns an error or another value, or sends
//! the request again. A pact that promises a field of which no change is noticed binds the provider to
//! something that the consumer does not read.

mod provider;

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::AssertUnwindSafe,
};

use futures::{FutureExt, future::join_all};
use serde_json::Value;
use verifier::mutate::{HttpReply, Mutant, Operator, Reply, Subject};

use crate::consumers::{
    all,
    incoming::IncomingMessage,
    suite::{Calling, Handling, Pact},
};
use provider::{Answer, Provider};

/// Promises in the pacts that no consumer notices, and the reasons why they stay.
const UNNOTICED: [(&str, &str); 1] = [(
    "content type",
    "Pact tools match a body as JSON only if it is called so; our clients read it as JSON whatever it is called",
)];

#[tokio::test(flavor = "multi_thread")]
async fn consumers_notice_every_field_that_their_pacts_promise_them() {
    let pacts = all();
    let unnoticed = join_all(pacts.iter().map(unnoticed)).await;

    let mut expected = BTreeSet::new();
    for (place, _) in UNNOTICED {
        expected.extend(pacts.iter().map(|pact| named(pact, place)));
    }
    let unnoticed: BTreeSet<String> = unnoticed.into_iter().flatten().collect();
    let over_specified: Vec<_> = unnoticed.difference(&expected).collect();
    assert!(
        over_specified.is_empty(),
        "take these out of the suites: {over_specified:#?}"
    );
    let noticed: Vec<_> = expected.difference(&unnoticed).collect();
    assert!(
        noticed.is_empty(),
        "these are noticed, take them out of UNNOTICED: {noticed:#?}"
    );
}

fn named(pact: &Pact, place: &str) -> String {
    format!("{}-{}: {place}", pact.consumer, pact.provider)
}

/// The fields in the replies of one pact of which no change is noticed.
async fn unnoticed(pact: &Pact) -> Vec<String> {
    let mut is_noticed: BTreeMap<String, bool> = BTreeMap::new();
    for calling in pact.callings() {
        let usual = Usual::of(&calling).await;
        for (index, subject) in usual.subjects.iter().enumerate() {
            for (place, mutants) in by_place(subject) {
                // One noticed change is enough: the field is read.
                if is_noticed.get(&place) != Some(&true) {
                    let noticed = usual.notices_any(&calling, index, &mutants).await;
                    is_noticed.insert(place, noticed);
                }
            }
        }
    }
    for handling in pact.handlings() {
        let found = handling.alone();
        let subject = Subject::load(&found, &found.document.interactions()[0]).unwrap();
        for (place, mutants) in by_place(&subject) {
            if is_noticed.get(&place) != Some(&true) {
                let noticed = is_any_noticed(&handling, &mutants).await;
                is_noticed.insert(place, noticed);
            }
        }
    }
    let unnoticed = is_noticed.into_iter().filter(|(_, noticed)| !noticed);
    unnoticed.map(|(place, _)| named(pact, &place)).collect()
}

/// Changes that providers may not make, by field; the likeliest to be noticed comes first.
fn by_place(subject: &Subject) -> BTreeMap<String, Vec<Mutant>> {
    let mut places: BTreeMap<String, Vec<Mutant>> = BTreeMap::new();
    for mutant in subject.mutants().into_iter().filter(|mutant| !mutant.is_permitted) {
        places.entry(mutant.place()).or_default().push(mutant);
    }
    for mutants in places.values_mut() {
        mutants.sort_by_key(|mutant| mutant.operator != Operator::Dropped);
    }
    places
}

/// The normal course, when the provider keeps its promises.
struct Usual {
    subjects: Vec<Subject>,
    answers: Vec<Answer>,
    /// Number of requests that the provider gets.
    asked: usize,
}

impl Usual {
    async fn of(calling: &Calling<'_>) -> Self {
        let pacts = calling.pacts();
        let subjects = pacts
            .iter()
            .map(|pact| Subject::load(pact, &pact.document.interactions()[0]).unwrap());
        let subjects: Vec<Subject> = subjects.collect();
        let examples = subjects.iter().map(|subject| http(subject.example()));
        let answers: Vec<Answer> = pacts
            .iter()
            .zip(examples)
            .map(|(pact, reply)| Answer::of(pact, reply))
            .collect();
        let provider = Provider::start(answers.clone()).await;
        calling.make(provider.link()).await;
        let asked = provider.asked();
        Self {
            subjects,
            answers,
            asked,
        }
    }

    async fn notices_any(&self, calling: &Calling<'_>, index: usize, mutants: &[Mutant]) -> bool {
        for mutant in mutants {
            let mut answers = self.answers.clone();
            answers[index].reply = http(&mutant.reply);
            if self.notices(calling, answers).await {
                return true;
            }
        }
        false
    }

    async fn notices(&self, calling: &Calling<'_>, answers: Vec<Answer>) -> bool {
        let provider = Provider::start(answers).await;
        let made = AssertUnwindSafe(calling.make(provider.link())).catch_unwind();
        tokio::select! {
            made = made => made.is_err(),
            () = provider.is_asked_more_than(self.asked) => true,
        }
    }
}

/// True if the consumer handles one of these messages differently: with another effect, or not at all.
async fn is_any_noticed(handling: &Handling<'_>, mutants: &[Mutant]) -> bool {
    for mutant in mutants {
        // A log contains only JSON.
        if serde_json::from_slice::<Value>(mutant.reply.body()).is_err() {
            continue;
        }
        let message = IncomingMessage::of(mutant.reply.body());
        let handled = AssertUnwindSafe(handling.handle(message.clone())).catch_unwind();
        let is_noticed = tokio::select! {
            handled = handled => handled.is_err(),
            () = message.is_read_again() => true,
        };
        if is_noticed {
            return true;
        }
    }
    false
}

fn http(reply: &Reply) -> HttpReply {
    match reply {
        Reply::Http(reply) => reply.clone(),
        Reply::Message(message) => panic!("{message:?} is no answer to a call"),
    }
}
