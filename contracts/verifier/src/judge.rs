//! Comparison of a reply with what a pact expects. pact_matching compares; what it lets through is found beside it.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, RefUnwindSafe},
};

use futures::FutureExt;
use ledger::document::beyond_64_bits;
use pact_matching::{Mismatch, match_message, match_response};
use pact_models::{
    bodies::OptionalBody,
    interaction::Interaction,
    matchingrules::{MatchingRuleCategory, MatchingRules},
    v4::http_parts::HttpResponse,
};

use crate::{
    Difference, Message, Part, encoding,
    interaction::{Loaded, as_interaction},
    numbers, text_rules,
};

pub(crate) type AnyInteraction = Box<dyn Interaction + Send + Sync + RefUnwindSafe>;

/// Compares a response with the expected one: returns the places at which it differs from what the consumer needs.
///
/// # Errors
/// When they can't be compared.
pub(crate) async fn response(
    expected: &HttpResponse,
    mut actual: HttpResponse,
    pact: &Loaded,
    interaction: &AnyInteraction,
) -> Result<Vec<Difference>, String> {
    let is_json = expected.content_type().is_some_and(|read| read.is_json());
    let (wanted, got) = (bytes(&expected.body), bytes(&actual.body));
    if is_json {
        comparable(&wanted)?;
    }
    if expected.body == OptionalBody::Null && got.trim_ascii() == b"null" {
        // pact_matching takes a body that is JSON's null for no body.
        actual.body = OptionalBody::Empty;
    }
    let encoding = encoding::unreadable(&actual);
    let matched = match_response(expected.clone(), actual, pact, interaction);
    let matched = AssertUnwindSafe(matched).catch_unwind().await;
    let matched = matched.map_err(|panic| panicked("pact_matching", panic.as_ref()))?;
    let mut found = differences(&matched.map_err(|error| error.to_string())?);
    if is_json {
        let rules = rules(&expected.matching_rules);
        found.retain(|difference| !numbers::are_equal(difference, &rules));
        found.extend(text_rules::in_body(&wanted, &got, &rules));
    }
    explain(&mut found, &got, encoding.as_deref());
    Ok(found)
}

/// Compares a message with the expected one: returns the places at which it differs from what the consumer needs.
///
/// # Errors
/// When they can't be compared.
pub(crate) async fn message(
    expected: &AnyInteraction,
    actual: Message,
    pact: &Loaded,
) -> Result<Vec<Difference>, String> {
    let wanted = expected.as_message().ok_or("pact_models read no message, wanted one")?;
    let is_json = wanted.as_message_content().message_content_type();
    let is_json = is_json.is_some_and(|read| read.is_json());
    let (contents, got) = (bytes(&wanted.contents), actual.contents.clone());
    if is_json {
        comparable(&contents)?;
    }
    let metadata = text_rules::in_metadata(&wanted, &actual.metadata);
    let received = as_interaction(actual).boxed();
    let matched = AssertUnwindSafe(match_message(expected, &received, pact))
        .catch_unwind()
        .await;
    let matched = matched.map_err(|panic| panicked("pact_matching", panic.as_ref()))?;
    let mut found = differences(&matched);
    if is_json {
        let rules = rules(&wanted.matching_rules);
        found.retain(|difference| !numbers::are_equal(difference, &rules));
        found.extend(text_rules::in_body(&contents, &got, &rules));
    }
    found.extend(metadata);
    explain(&mut found, &got, None);
    Ok(found)
}

fn bytes(body: &OptionalBody) -> bytes::Bytes {
    body.value().unwrap_or_default()
}

fn rules(rules: &MatchingRules) -> MatchingRuleCategory {
    rules.rules_for_category("body").unwrap_or_default()
}

/// Refuses a body whose numbers pact_matching would compare as doubles. In the file itself such numbers are refused
/// when it is read; a body may also stand there as text.
fn comparable(wanted: &[u8]) -> Result<(), String> {
    match beyond_64_bits(wanted) {
        Some((path, digits)) => Err(format!(
            "the pact's body has the number {digits} at {path}, which 64 bits can't hold, so it can't be compared; \
             fix the suite that writes it"
        )),
        None => Ok(()),
    }
}

fn differences(mismatches: &[Mismatch]) -> Vec<Difference> {
    mismatches.iter().map(Difference::from).collect()
}

/// Adds to the differences of a body what makes it unreadable, where the matcher only says that it is.
fn explain(found: &mut [Difference], body: &[u8], encoding: Option<&str>) {
    let mark = body
        .starts_with(b"\xEF\xBB\xBF")
        .then(|| "it begins with a byte-order mark".to_owned());
    let coded = encoding.map(|coding| format!("it is encoded as {coding}; only gzip and deflate are decoded"));
    for reason in mark.into_iter().chain(coded) {
        for difference in found.iter_mut().filter(|difference| difference.part == Part::Body) {
            difference.why = format!("{}; {reason}", difference.why);
        }
    }
}

/// Error text for a panic in `culprit`.
pub(crate) fn panicked(culprit: &str, panic: &(dyn Any + Send)) -> String {
    let said = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let said = said.or_else(|| panic.downcast_ref::<String>().cloned());
    format!("{culprit} panicked: {}", said.unwrap_or_default())
}
