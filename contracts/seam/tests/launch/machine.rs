//! The whole way of a launch, in virtual time: what a seed draws happens in the same order each time.
//!
//! `SEAM_LAUNCH_SEEDS=1000` runs more seeds, `SEAM_LAUNCH_SEED=7` that one.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    fmt::Write,
    sync::{Arc, Mutex},
    time::Duration,
};

use seam::{
    chance::Chance,
    launch::{Decision, Dial, Lane, Limits, Refused, Settings, Side, Stage},
};
use tokio::{task::JoinSet, time::timeout};

use crate::{
    gate::claim,
    samples::{Fault, Receipt, Shop, TillError, all_in, percent, settle},
};

const CUSTOMERS: u64 = 6;
const STEPS: usize = 80;

fn seeds(most: u64) -> Vec<u64> {
    let number = |name: &str| env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    match number("SEAM_LAUNCH_SEED") {
        Some(seed) => vec![seed],
        None => (0..number("SEAM_LAUNCH_SEEDS").unwrap_or(most)).collect(),
    }
}

/// Runs a seed in virtual time. A failure names it.
fn run(seed: u64, life: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    eprintln!("seed {seed}; SEAM_LAUNCH_SEED={seed} runs it alone");
    runtime.block_on(Chance::seeded(seed).scope(life));
}

/// A payment that somebody tried to make.
#[derive(Clone)]
struct Attempt {
    customer: String,
    payment: String,
    cents: i64,
}

/// One seed's launch, and what its callers were told.
struct Machine {
    shop: Arc<Shop>,
    draw: Chance,
    told: Arc<Mutex<BTreeMap<String, (String, Receipt)>>>,
    attempts: Vec<Attempt>,
    calls: JoinSet<()>,
    /// The number of steps that were refused, by their kind.
    refused: BTreeMap<&'static str, usize>,
    history: String,
    farthest: Stage,
}

impl Machine {
    fn new(seed: u64) -> Self {
        let limits = Limits {
            at_once: 8,
            time: Duration::from_millis(200),
            abandoned: Duration::from_secs(1),
            ..Limits::default()
        };
        Self {
            shop: Arc::new(Shop::with(Settings::default(), limits, Arc::default())),
            draw: Chance::seeded(seed ^ 0x5eed),
            told: Arc::default(),
            attempts: Vec::new(),
            calls: JoinSet::new(),
            refused: BTreeMap::new(),
            history: String::new(),
            farthest: Stage::Off,
        }
    }

    fn one_of<T: Copy>(&self, of: &[T]) -> T {
        of[usize::try_from(self.draw.below(of.len() as u64)).unwrap()]
    }

    async fn step(&mut self) {
        match self.draw.below(100) {
            0..45 => self.pay(),
            45..65 => self.show().await,
            65..78 => self.turn().await,
            78..88 => self.fault(),
            88..91 => self.toggle(),
            91..94 => drop(self.shop.launch.repair().await),
            _ => tokio::time::sleep(Duration::from_millis(self.draw.below(400))).await,
        }
        self.check();
    }

    /// Starts a payment, or one that was tried before. The caller may go away on the way.
    fn pay(&mut self) {
        let again = self.draw.below(4) == 0 && !self.attempts.is_empty();
        let attempt = if again {
            let at = self.draw.below(self.attempts.len() as u64);
            self.attempts[usize::try_from(at).unwrap()].clone()
        } else {
            let attempt = Attempt {
                customer: format!("c{}", self.draw.below(CUSTOMERS)),
                payment: format!("p{}", self.attempts.len()),
                cents: 100 + i64::try_from(self.draw.below(900)).unwrap(),
            };
            self.attempts.push(attempt.clone());
            attempt
        };
        let patience = Duration::from_millis(self.one_of(&[1, 3, 50, 300]));
        let _ = writeln!(
            self.history,
            "pay {} {} for {patience:?}",
            attempt.customer, attempt.payment
        );
        let (shop, told) = (Arc::clone(&self.shop), Arc::clone(&self.told));
        self.calls.spawn(async move {
            let Attempt {
                customer,
                payment,
                cents,
            } = attempt;
            let paid = seam::caught(timeout(patience, shop.pay(&customer, &payment, cents))).await;
            let Ok(Ok(Ok(receipt))) = paid else { return };
            assert_eq!((receipt.payment.as_str(), receipt.cents), (payment.as_str(), cents));
            told.lock().unwrap().insert(payment, (customer, receipt));
        });
    }

    /// Whoever was told of a payment sees it, on whatever side: an answer may be missing, but never wrong.
    async fn show(&mut self) {
        let told: Vec<_> = self.told.lock().unwrap().values().cloned().collect();
        if told.is_empty() {
            return;
        }
        let (customer, receipt) = told[usize::try_from(self.draw.below(told.len() as u64)).unwrap()].clone();
        let shown = seam::caught(timeout(
            Duration::from_millis(300),
            self.shop.show(&customer, &receipt.payment),
        ))
        .await;
        match shown {
            Err(_) | Ok(Err(_) | Ok(Err(TillError::Transport(_) | TillError::Busy))) => {}
            Ok(Ok(shown)) => assert_eq!(shown, Ok(receipt), "{customer} was told of it\n{}", self.history),
        }
    }

    fn fault(&mut self) {
        let side = self.one_of(&[Side::Control, Side::Candidate]);
        let late = Fault::Late(Duration::from_millis(150));
        let faults = [
            Fault::None,
            Fault::None,
            Fault::GivesNoAnswer,
            Fault::Busy,
            Fault::LosesAnswers,
            Fault::Panics,
            Fault::Hangs,
            late,
        ];
        let fault = self.one_of(&faults);
        let _ = writeln!(self.history, "{side} {fault:?}");
        self.shop.module(side).set(fault);
    }

    fn toggle(&mut self) {
        if self.draw.below(2) == 0 {
            self.shop.launch.kill();
        } else {
            self.shop.launch.revive();
        }
    }

    /// Turns stages and dials: one stage on, back to any, or too far.
    async fn turn(&mut self) {
        let before = self.shop.launch.settings();
        let stage = |from: Stage| {
            let at = Stage::ALL.iter().position(|stage| *stage == from).unwrap();
            let most = (at + 1).min(Stage::ALL.len() - 1);
            match self.draw.below(8) {
                0 => Stage::ALL[usize::try_from(self.draw.below(6)).unwrap()],
                1 => Stage::ALL[usize::try_from(self.draw.below(at as u64 + 1)).unwrap()],
                2 | 3 => from,
                _ => Stage::ALL[most],
            }
        };
        let (reads, writes) = (stage(before.reads.stage), stage(before.writes.stage));
        let served = || self.one_of(&["0 %", "1 %", "25 %", "50 %", "100 %"]);
        let settings = Settings {
            reads: Lane::new(
                reads,
                percent(self.one_of(&["0 %", "50 %", "100 %"])),
                percent(served()),
            ),
            writes: Lane::new(writes, Dial::ALL, percent(served())),
            ..Settings::default()
        };
        let begins = before.writes.stage == Stage::Off && writes == Stage::DualWrite;
        if begins {
            self.drain().await;
        }
        self.shop.source.0.set(settings.clone());
        let turned = self.shop.launch.refresh();
        let _ = writeln!(self.history, "reads {reads} writes {writes}: {turned:?}");
        match turned {
            Ok(_) if begins => self.backfill(),
            Ok(_) => {}
            Err(refused) => {
                let kind = match refused {
                    Refused::Skipped { .. } => "skipped",
                    Refused::Unwritten { .. } => "unwritten",
                    Refused::Unread { .. } => "unread",
                    Refused::PointOfNoReturn { .. } => "no return",
                    Refused::Pending { .. } => "pending",
                    _ => panic!("{refused}"),
                };
                *self.refused.entry(kind).or_default() += 1;
                assert_eq!(self.shop.launch.settings(), before, "what is refused changes nothing");
            }
        }
        self.farthest = self.farthest.max(self.shop.launch.settings().writes.stage);
    }

    /// Copies what was written before both sides got it.
    fn backfill(&self) {
        let control = self.shop.control.payments().clone();
        *self.shop.candidate.payments() = control;
    }

    async fn drain(&mut self) {
        while let Some(ended) = self.calls.join_next().await {
            ended.unwrap();
        }
        settle().await;
    }

    fn check(&self) {
        let charges = self.shop.charges.lock().unwrap();
        let mut charged = BTreeSet::new();
        for (payment, _) in charges.iter() {
            assert!(
                charged.insert(payment.clone()),
                "{payment} is charged twice\n{}",
                self.history
            );
        }
        for (payment, (customer, _)) in self.told.lock().unwrap().iter() {
            assert!(
                charged.contains(payment),
                "{customer} was told of {payment}, which is not charged\n{}",
                self.history
            );
        }
    }

    /// Heals both sides and goes back: both have everything, unless the candidate has been alone.
    async fn converge(&mut self) {
        for side in [Side::Control, Side::Candidate] {
            self.shop.module(side).set(Fault::None);
        }
        self.shop.launch.revive();
        self.drain().await;
        let mut repairs = 0;
        while !self.shop.launch.pending().is_empty() {
            self.shop.launch.repair().await;
            repairs += 1;
            assert!(
                repairs < 20,
                "{:?} are left\n{}",
                self.shop.launch.pending(),
                self.history
            );
        }
        self.check();
        let stage = self.shop.launch.settings().writes.stage;
        self.shop.source.0.set(Settings::default());
        let back = self.shop.launch.refresh();
        let alone = match (stage, back) {
            (Stage::Complete, Err(Refused::PointOfNoReturn { .. })) => true,
            (_, back) => {
                assert_eq!(back, Ok(true), "{}", self.history);
                false
            }
        };
        let (control, candidate) = (
            self.shop.control.payments().clone(),
            self.shop.candidate.payments().clone(),
        );
        let last = if alone { &candidate } else { &control };
        for (payment, (_, receipt)) in self.told.lock().unwrap().iter() {
            assert_eq!(last.get(payment), Some(receipt), "{payment} got lost\n{}", self.history);
        }
        if stage != Stage::Off && !alone {
            let all: BTreeSet<&String> = control.keys().chain(candidate.keys()).collect();
            let other = all
                .iter()
                .filter(|payment| control.get(**payment) != candidate.get(**payment));
            let other: Vec<_> = other
                .map(|payment| (control.get(*payment), candidate.get(*payment)))
                .collect();
            assert!(other.is_empty(), "the sides differ: {other:#?}\n{}", self.history);
        }
    }
}

#[test]
fn callers_see_the_side_in_charge_payments_are_charged_once_and_going_back_converges() {
    let (mut refused, mut farthest, mut told) = (BTreeMap::<_, usize>::new(), BTreeMap::<_, usize>::new(), 0);
    for seed in seeds(200) {
        run(seed, async {
            let mut machine = Machine::new(seed);
            for _ in 0..STEPS {
                machine.step().await;
            }
            machine.converge().await;
            for (kind, count) in machine.refused {
                *refused.entry(kind).or_default() += count;
            }
            *farthest.entry(machine.farthest).or_default() += 1;
            told += machine.told.lock().unwrap().len();
        });
    }
    eprintln!("{told} payments; farthest stages: {farthest:?}; refused: {refused:?}");
    if seeds(200).len() >= 200 {
        assert_eq!(refused.len(), 5, "every refusal is met: {refused:?}");
        let reached = |stage: Stage| {
            farthest
                .iter()
                .filter(|(at, _)| **at >= stage)
                .map(|(_, count)| count)
                .sum::<usize>()
        };
        assert!(
            reached(Stage::Complete) >= 10 && reached(Stage::Live) >= 50,
            "{farthest:?}"
        );
        assert!(told > 2_000, "{told} payments are told");
    }
}

/// Calls of every kind on a launch in which both sides get everything.
async fn traffic(shop: &Shop, round: usize) {
    for number in 0..30 {
        let (customer, payment) = (format!("c{}", number % 7), format!("{round}-{number}"));
        shop.pay(&customer, &payment, 455 + number).await.unwrap();
        shop.pay(&customer, "nothing", 0).await.unwrap_err();
        // What is read is on both sides by then.
        tokio::time::sleep(Duration::from_secs(4)).await;
        shop.show(&customer, &payment).await.unwrap();
    }
    settle().await;
}

/// Runs a candidate with this defect through the shadow stage, up to the gate.
async fn judged(defect: Fault) -> Decision {
    let shop = Shop::new(all_in(Stage::Shadow, Stage::Shadow));
    shop.candidate.set(defect);
    for round in 0..2 {
        traffic(&shop, round).await;
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
    let charges = shop.charges.lock().unwrap().clone();
    let once: BTreeSet<_> = charges.iter().collect();
    assert_eq!((once.len(), charges.len()), (60, 60), "each payment is charged once");
    shop.launch.gate(&claim(30)).decision
}

#[test]
fn every_planted_defect_is_caught_by_the_gate_and_a_candidate_without_one_is_promoted() {
    let stall = Fault::Late(Duration::from_secs(3));
    for defect in [
        Fault::Rounds,
        Fault::DropsField,
        Fault::SwapsError,
        Fault::ChargesTwice,
        stall,
    ] {
        run(1, async {
            assert_eq!(judged(defect).await, Decision::RollBack, "{defect:?}")
        });
    }
    run(1, async { assert_eq!(judged(Fault::None).await, Decision::Promote) });
}

#[test]
fn the_customers_of_a_narrow_dial_are_among_those_of_each_wider_one() {
    run(1, async {
        let mut before = BTreeSet::new();
        let shop = Shop::new(all_in(Stage::Off, Stage::Live));
        for served in ["1 %", "5 %", "25 %", "50 %", "100 %"] {
            let mut settings = all_in(Stage::Off, Stage::Live);
            settings.writes.served = percent(served);
            shop.set(settings);
            let mut now = BTreeSet::new();
            for customer in 0..200 {
                let candidates = shop.launch.calls("pay", Side::Candidate);
                shop.pay(&format!("c{customer}"), &format!("{served} {customer}"), 1)
                    .await
                    .unwrap();
                settle().await;
                if shop.launch.calls("pay", Side::Candidate) > candidates {
                    now.insert(customer);
                }
            }
            assert!(before.is_subset(&now), "{before:?} is not in {now:?} at {served}");
            before = now;
        }
        assert_eq!(before.len(), 200);
        assert_eq!(shop.charges.lock().unwrap().len(), 1_000);
    });
}
