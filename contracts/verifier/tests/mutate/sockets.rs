//! The fast way, in process, and the real one, over sockets, come to the same verdict.

use std::{env, path::Path};

use ledger::{
    document::{Document, Interaction, Kind},
    source::{FoundPact, Source},
};
use serde_json::{Value, json};
use verifier::{
    Filter, HttpProvider, Outcome, Selection, Verdict,
    mutate::{Mutant, Reply, Subject},
    verify,
};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{any, path},
};

use crate::draw::Draw;

/// Of all that there are.
const SAMPLE: usize = 120;
const STATES: &str = "/of-the-test/states";
const MESSAGES: &str = "/of-the-test/messages";

#[tokio::test]
async fn a_sample_of_mutants_over_sockets_has_the_verdicts_it_has_in_process() {
    let seed = env::var("SEAM_SEED").map_or(1, |seed| seed.parse().unwrap());
    println!("repeat with SEAM_SEED={seed}");
    let mut all = every_mutant();
    let mut draw = Draw::from(seed);
    let (mut killed, mut survived, mut messages) = (0, 0, 0);
    let server = MockServer::start().await;

    for _ in 0..SAMPLE {
        let (pact, mutant) = all.swap_remove(draw.below(all.len()));
        let interaction = &pact.document.interactions()[0];
        let subject = Subject::load(&pact, interaction).unwrap();
        let is_killed = !subject.judge(&mutant.reply).await.unwrap().is_empty();
        let verdict = over_sockets(&server, &pact, &mutant.reply).await;
        let wanted = if is_killed { Verdict::Fail } else { Verdict::Pass };
        let (operator, part, place) = (mutant.operator.name(), mutant.part.name(), &mutant.path);
        let description = &interaction.description;
        assert_eq!(
            verdict, wanted,
            "{}: '{description}': {operator}: {part} {place}",
            pact.file
        );
        *if is_killed { &mut killed } else { &mut survived } += 1;
        messages += usize::from(interaction.kind == Kind::AsyncMessage);
    }

    assert!(
        killed > 0 && survived > 0 && messages > 0,
        "{killed} {survived} {messages}"
    );
}

/// All mutants of the committed pacts, each with a pact of just its interaction.
fn every_mutant() -> Vec<(FoundPact, Mutant)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../pacts");
    let mut all = Vec::new();
    for found in Source::Folder(folder).read().unwrap() {
        for interaction in found.document.interactions() {
            let pact = alone(&found, interaction);
            let subject = Subject::load(&pact, &pact.document.interactions()[0]).unwrap();
            all.extend(subject.mutants().into_iter().map(|mutant| (pact.clone(), mutant)));
        }
    }
    all
}

/// The interaction without what only a real provider can know: the ids that it mints for the request.
fn alone(found: &FoundPact, interaction: &Interaction) -> FoundPact {
    let mut raw = interaction.raw.clone();
    if let Some(request) = raw.get_mut("request").and_then(Value::as_object_mut) {
        request.remove("generators");
    }
    let file = json!({
        "consumer": { "name": found.document.consumer() },
        "provider": { "name": found.document.provider() },
        "interactions": [raw],
        "metadata": { "pactSpecification": { "version": "4.0" } },
    });
    let document = Document::parse(&found.file, file.to_string().as_bytes()).unwrap();
    FoundPact {
        file: found.file.clone(),
        document,
    }
}

/// Verdict of `verify` on a provider that gives this reply.
async fn over_sockets(server: &MockServer, pact: &FoundPact, reply: &Reply) -> Verdict {
    server.reset().await;
    let done = ResponseTemplate::new(200);
    Mock::given(path(STATES))
        .respond_with(done)
        .with_priority(1)
        .mount(server)
        .await;
    Mock::given(any()).respond_with(answer(reply)).mount(server).await;
    let at = |path: &str| Some(format!("{}{path}", server.uri()));
    let provider = HttpProvider::new(&server.uri(), at(STATES), at(MESSAGES)).unwrap();
    let provider_name = pact.document.provider();
    let selection = Selection::new(provider_name, std::slice::from_ref(pact), Filter::default(), "pacts");
    let verification = verify(&selection, &provider, None).await;
    let is_empty = reply.body().is_empty();
    for (_, checked) in verification.results() {
        let is_judged = !matches!(checked.outcome, Outcome::Failed { .. });
        // A message without contents leaves nothing to be matched.
        let is_no_message = checked.kind == Kind::AsyncMessage && is_empty;
        assert!(is_judged || is_no_message, "{:?}", checked.outcome);
    }
    verification.verdict()
}

fn answer(reply: &Reply) -> ResponseTemplate {
    match reply {
        Reply::Http(reply) => {
            let body = ResponseTemplate::new(reply.status).set_body_bytes(reply.body.to_vec());
            let named = reply.headers.iter();
            named.fold(body, |answer, (name, value)| {
                answer.append_header(name.as_str(), value.as_str())
            })
        }
        Reply::Message(message) => {
            let answer = ResponseTemplate::new(200).set_body_bytes(message.contents.to_vec());
            answer.insert_header("content-type", message.content_type.as_str())
        }
    }
}
