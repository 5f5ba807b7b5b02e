//! Payments holds, captures and refunds money at the payment provider, each under a key of its own.

use std::sync::Arc;

use commerce::Money;
use futures::future::LocalBoxFuture;
use pact_consumer::patterns::JsonPattern;
use payments::provider::{HttpProvider, Operation, Provider, ProviderError, Verdict};
use seam::http::Socket;
use serde_json::json;

use super::{
    call::{Call, Place, minted},
    fixtures::{Held, TOTAL, euros, held},
    matchers::{text, whole},
    states,
    suite::Pact,
};

const AUTHORIZATION: &str = "au1";
const CHARGE: &str = "ch1";
const REFUND: &str = "re1";

pub(crate) fn pact() -> Pact {
    let pact = Pact::between("payments", "payment-provider");
    looking(giving_back(letting_go(taking(holding(pact)))))
}

type Client = HttpProvider<Arc<Socket>>;
type Answer = Result<Operation, ProviderError>;

fn holding(pact: Pact) -> Pact {
    let (new, known, declined) = (
        held("new", "tok_ok"),
        held("known", "tok_ok"),
        held("no", "tok_decline"),
    );
    let reused = held("reused", "tok_ok");
    let other = Held {
        amount: euros(1),
        ..reused.clone()
    };
    let ask = |held: &Held| {
        let held = held.clone();
        move |provider: Client| -> LocalBoxFuture<'static, Answer> {
            let (key, hold) = (held.key.clone(), held.hold());
            Box::pin(async move { provider.authorize(&key, hold).await })
        }
    };
    let authorize = |description, held: &Held| command(description, "/authorizations", &held.key).body(held.body());
    let booked = |held: &Held| booked(&held.key, "authorization", AUTHORIZATION, TOTAL);
    let pact = asks(
        pact,
        done(authorize("hold an amount", &new), booked(&new)),
        ask(&new),
        yes(AUTHORIZATION),
    );
    let again = authorize("hold an amount once more", &known).given(states::authorization(&known));
    let pact = asks(pact, done(again, booked(&known)), ask(&known), yes(AUTHORIZATION));
    let refused = authorize("hold an amount on a card that is declined", &declined);
    let pact = asks(
        pact,
        done(
            refused,
            declining(&declined.key, "authorization", AUTHORIZATION, "card declined"),
        ),
        ask(&declined),
        no(AUTHORIZATION, "card declined"),
    );
    let other_request = authorize("hold another amount under a key that was used", &other);
    let other_request = other_request.given(states::authorization(&reused));
    asks(
        pact,
        other_request.responds(422, refusal("key_reused")),
        ask(&other),
        refused_as("422 key_reused"),
    )
}

fn taking(pact: Pact) -> Pact {
    let ask = |key: &'static str, amount: Money| {
        move |provider: Client| -> LocalBoxFuture<'static, Answer> {
            Box::pin(async move { provider.capture(key, AUTHORIZATION, amount).await })
        }
    };
    let capture = |description, key, amount: Money, state| {
        let place = minted("/authorizations/${authorization_id}/capture", AUTHORIZATION);
        command(description, place, key)
            .body(json!({ "amount_cents": amount.cents }))
            .given(state)
    };
    let free = |name| states::authorization(&held(name, "tok_ok"));
    let taken = |name, key| states::charge(&held(name, "tok_ok"), key);
    let booked = |key| booked(key, "capture", CHARGE, TOTAL);
    let (new, known, over, late) = ("new:capture", "known:capture", "over:capture", "late:capture");
    let call = capture("take what is held", new, TOTAL, free("to-take"));
    let pact = asks(pact, done(call, booked(new)), ask(new, TOTAL), yes(CHARGE));
    let call = capture(
        "take what is held once more",
        known,
        TOTAL,
        taken("taken-before", known),
    );
    let pact = asks(pact, done(call, booked(known)), ask(known, TOTAL), yes(CHARGE));
    let more = euros(TOTAL.cents + 1);
    let call = capture("take more than is held", over, more, free("to-take-too-much-of"));
    let call = call.responds(409, refusal("exceeds_authorization"));
    let pact = asks(pact, call, ask(over, more), refused_as("409 exceeds_authorization"));
    let call = capture(
        "take what was taken under another key",
        late,
        TOTAL,
        taken("taken-by-another", "other:capture"),
    );
    asks(
        pact,
        call.responds(409, refusal("closed")),
        ask(late, TOTAL),
        refused_as("409 closed"),
    )
}

fn letting_go(pact: Pact) -> Pact {
    let ask = |key: &'static str| {
        move |provider: Client| -> LocalBoxFuture<'static, Answer> {
            Box::pin(async move { provider.void(key, AUTHORIZATION).await })
        }
    };
    let void = |description, key, state| {
        let place = minted("/authorizations/${authorization_id}/void", AUTHORIZATION);
        command(description, place, key).body(json!({})).given(state)
    };
    let held = |name| held(name, "tok_ok");
    let call = void(
        "let go of what is held",
        "new:void",
        states::authorization(&held("to-void")),
    );
    let call = done(
        call,
        operation("new:void", "void".into(), "vo1", whole(TOTAL.cents), text("EUR")),
    );
    let pact = asks(pact, call, ask("new:void"), yes("vo1"));
    let taken = states::charge(&held("taken-before-void"), "taken-before-void:capture");
    let call = void("let go of what was taken", "late:void", taken).responds(409, refusal("closed"));
    asks(pact, call, ask("late:void"), refused_as("409 closed"))
}

fn giving_back(pact: Pact) -> Pact {
    let ask = |key: &'static str, amount: Money| {
        move |provider: Client| -> LocalBoxFuture<'static, Answer> {
            Box::pin(async move { provider.refund(key, CHARGE, amount).await })
        }
    };
    let refund = |description, key, amount: Money, state| {
        let call = command(description, minted("/charges/${charge_id}/refunds", CHARGE), key);
        call.body(json!({ "amount_cents": amount.cents })).given(state)
    };
    let charged = |name: &str, token| states::charge(&held(name, token), &format!("{name}:capture"));
    let (new, known, no_more, closed) = ("new:refund", "known:refund", "over:refund", "closed:refund");
    let call = refund("give money back", new, TOTAL, charged("to-refund", "tok_ok"));
    let pact = asks(
        pact,
        done(call, booked(new, "refund", REFUND, TOTAL)),
        ask(new, TOTAL),
        yes(REFUND),
    );
    let before = states::refunded_charge(&held("refunded-before", "tok_ok"), "refunded-before:capture", known);
    let call = refund("give money back once more", known, TOTAL, before);
    let pact = asks(
        pact,
        done(call, booked(known, "refund", REFUND, TOTAL)),
        ask(known, TOTAL),
        yes(REFUND),
    );
    let more = euros(TOTAL.cents + 1);
    let call = refund(
        "give more back than was taken",
        no_more,
        more,
        charged("to-refund-too-much-of", "tok_ok"),
    );
    let call = call.responds(409, refusal("exceeds_charge"));
    let pact = asks(pact, call, ask(no_more, more), refused_as("409 exceeds_charge"));
    let call = refund(
        "give money back to an account that is closed",
        closed,
        TOTAL,
        charged("closed-account", "tok_refund_refused"),
    );
    let call = done(call, declining(closed, "refund", REFUND, "account closed"));
    asks(pact, call, ask(closed, TOTAL), no(REFUND, "account closed"))
}

/// Queries by key, which precede every repetition of a command.
fn looking(pact: Pact) -> Pact {
    let ask = |key: &'static str, wanted: Result<Option<Operation>, ProviderError>| {
        move |link: super::suite::Link| {
            let wanted = wanted.clone();
            async move { assert_eq!(HttpProvider::new(link.socket()).find(key).await, wanted) }
        }
    };
    let find = |description, key: &str| Call::get(description, format!("/operations/{key}"));
    let any = |key, id, status: &str| {
        let mut any = operation(key, text("authorization"), id, whole(TOTAL.cents), text("EUR"));
        set(&mut any, "status", status.into());
        any
    };
    let known = find("look up what was held", "looked%2Dup").given(states::authorization(&held("looked-up", "tok_ok")));
    let refused = held("looked-up-declined", "tok_decline");
    let refused = find("look up what was declined", "looked%2Dup%2Ddeclined").given(states::declined(&refused));
    let mut declined = any("looked-up-declined", AUTHORIZATION, "declined");
    set(&mut declined, "reason", text("card declined"));
    let nothing = find("look up what was never asked for", "never%2Dasked");
    pact.call(
        known.responds(200, any("looked-up", AUTHORIZATION, "succeeded")),
        ask("looked-up", yes(AUTHORIZATION).map(Some)),
    )
    .call(
        refused.responds(200, declined),
        ask("looked-up-declined", no(AUTHORIZATION, "card declined").map(Some)),
    )
    .call(
        nothing.responds(404, json_pattern!({ "error": { "code": "not_found" } })),
        ask("never-asked", Ok(None)),
    )
}

fn command(description: &str, place: impl Into<Place>, key: &str) -> Call {
    Call::post(description, place).header("idempotency-key", key)
}

/// Success or decline: the client reads the operation's own status, and accepts it with any of these.
fn done(call: Call, operation: JsonPattern) -> Call {
    call.responds_one_of(&[201, 200, 402], operation)
}

fn asks(
    pact: Pact,
    call: Call,
    ask: impl Fn(Client) -> LocalBoxFuture<'static, Answer> + 'static,
    wanted: Answer,
) -> Pact {
    pact.call(call, move |link| {
        let (answer, wanted) = (ask(HttpProvider::new(link.socket())), wanted.clone());
        async move { assert_eq!(answer.await, wanted) }
    })
}

fn yes(id: &str) -> Answer {
    let (id, verdict) = (id.to_owned(), Verdict::Done);
    Ok(Operation { id, verdict })
}

fn no(id: &str, reason: &str) -> Answer {
    let (id, verdict) = (id.to_owned(), Verdict::Declined(reason.to_owned()));
    Ok(Operation { id, verdict })
}

fn refused_as(reason: &str) -> Answer {
    Err(ProviderError::Refused(reason.to_owned()))
}

/// A reply is believed only if it has the same key, kind and amount as the request.
fn booked(key: &str, kind: &str, id: &str, amount: Money) -> JsonPattern {
    operation(
        key,
        kind.into(),
        id,
        amount.cents.into(),
        amount.currency.as_str().into(),
    )
}

fn declining(key: &str, kind: &str, id: &str, reason: &str) -> JsonPattern {
    let mut operation = booked(key, kind, id, TOTAL);
    set(&mut operation, "status", "declined".into());
    set(&mut operation, "reason", text(reason));
    operation
}

fn operation(key: &str, kind: JsonPattern, id: &str, cents: JsonPattern, currency: JsonPattern) -> JsonPattern {
    json_pattern!({
        "key": key,
        "kind": kind,
        "id": text(id),
        "status": "succeeded",
        "amount_cents": cents,
        "currency": currency,
    })
}

fn set(object: &mut JsonPattern, field: &str, value: JsonPattern) {
    if let JsonPattern::Object(fields) = object {
        fields.insert(field.to_owned(), value);
    }
}

/// The provider's own words, which are passed on.
fn refusal(code: &str) -> JsonPattern {
    json_pattern!({ "error": { "code": text(code) } })
}
