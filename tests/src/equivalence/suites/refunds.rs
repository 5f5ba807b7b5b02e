use std::fmt;

use commerce::{Currency, Error, IdempotencyKey, Money, Payment, PaymentConflict, PaymentError, PaymentId, Refund};
use proptest::{
    collection::vec,
    strategy::{Strategy, ValueTree},
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use seam::equivalence::Instance;
use serde_json::Value;

use super::open_payments;
use crate::equivalence::{Reach, Storage, models::fixed_order};

/// The total of the order whose payment is refunded, in cents.
const CAPTURED: i64 = 1_000;

/// Concurrent refunds that differ from those that fit into the captured amount.
#[derive(Debug)]
pub struct RefundsAtOnce {
    /// Number of cases that passed before.
    pub case: u64,
    seed: u64,
    reason: String,
}

impl fmt::Display for RefundsAtOnce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { case, seed, reason } = self;
        write!(f, "refunds at once, seed {seed}, case {case}: {reason}")
    }
}

impl std::error::Error for RefundsAtOnce {}

/// Lets several callers refund parts of one payment concurrently, in `cases` cases. Refunds that succeed fit
/// into the captured amount, those refused do not fit into the rest, and payment and provider agree.
pub fn refunds_at_once(storage: &Storage, reach: Reach, seed: u64, cases: u64) -> Result<(), RefundsAtOnce> {
    let failed = |case, reason| RefundsAtOnce { case, seed, reason };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let runtime = runtime.map_err(|error| failed(0, format!("no runtime: {error}")))?;
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    for case in 0..cases {
        let drawn = vec(1..=CAPTURED, 2..=6).new_tree(&mut runner);
        let amounts = drawn.map_err(|error| failed(case, error.to_string()))?.current();
        let judged = runtime.block_on(one(storage.clone(), reach, amounts));
        judged.map_err(|reason| failed(case, reason))?;
    }
    Ok(())
}

async fn one(storage: Storage, reach: Reach, amounts: Vec<i64>) -> Result<(), String> {
    let instance = open_payments(storage, reach).await?;
    let payments = instance.service();
    let paid = payments.process_payment(fixed_order("card")).await;
    let paid = paid.map_err(|error| format!("the order is not paid: {error}"))?;
    let callers = amounts.iter().enumerate().map(|(caller, cents)| {
        let (payments, refund) = (instance.service(), refund(caller, *cents));
        tokio::spawn(async move { payments.refund_payment(paid.id, refund?).await })
    });
    let callers: Vec<_> = callers.collect();
    let mut answers = Vec::new();
    for caller in callers {
        answers.push(caller.await.map_err(|error| format!("a caller panicked: {error}"))?);
    }
    let judged = judge(&instance, paid.id, &amounts, &answers).await;
    instance.close().await;
    judged.map_err(|reason| format!("{reason}; asked for {amounts:?}, answered {answers:?}"))
}

fn refund(caller: usize, cents: i64) -> Result<Refund, PaymentError> {
    let key: IdempotencyKey = format!("caller-{caller}").parse()?;
    let amount = Money::new(cents, Currency::EUR);
    Ok(Refund { key, amount })
}

async fn judge(
    instance: &Instance<dyn commerce::Payments>,
    id: PaymentId,
    amounts: &[i64],
    answers: &[Result<Payment, PaymentError>],
) -> Result<(), String> {
    let of = |given: bool| {
        let both = amounts.iter().zip(answers);
        both.filter(move |(_, answer)| answer.is_ok() == given)
    };
    let given: i64 = of(true).map(|(cents, _)| cents).sum();
    for (cents, answer) in of(false) {
        let exceeds = matches!(answer, Err(Error::Conflict(PaymentConflict::RefundExceedsCaptured { wanted, left }))
            if wanted.cents == *cents && left.cents < *cents && CAPTURED - given <= left.cents);
        if !exceeds {
            return Err(format!(
                "{cents} are refused with {answer:?}, and {} are left",
                CAPTURED - given
            ));
        }
    }
    let payment = instance
        .service()
        .get_payment(id)
        .await
        .map_err(|error| error.to_string())?;
    let effects = instance.effects().await?.unwrap_or_default();
    let ledger = effects.get(1).map_or(&Value::Null, |shown| &shown["ledger"]);
    let booked = ledger.pointer("/charges/0/refunded_cents").and_then(Value::as_i64);
    if given > CAPTURED || payment.refunded.cents != given || booked != Some(given) {
        let said = payment.refunded.cents;
        return Err(format!(
            "{given} were given, the payment says {said}, the provider's ledger says {booked:?}"
        ));
    }
    Ok(())
}
