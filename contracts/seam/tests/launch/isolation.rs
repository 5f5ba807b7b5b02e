//! One charge for each payment, whatever side makes it.

use std::{
    cell::RefCell,
    sync::{Arc, Mutex},
};

use seam::{
    Context, TransportFailure,
    launch::{Dial, Doors, Entrusted, Fixed, Isolated, Lane, Launch, MemoryJournal, Seen, Settings, Side, Stage, Turn},
};

use crate::samples::{Bank, Fault, Module, Receipt, Shop, Till, TillError, Vault, all_in, percent, settle};

#[tokio::test(start_paused = true)]
async fn a_write_to_both_sides_charges_once_and_both_keep_the_same_charge() {
    let shop = Shop::new(all_in(Stage::Shadow, Stage::Shadow));
    let receipt = shop.pay("c", "p", 455).await.unwrap();
    settle().await;

    assert_eq!((receipt.charge, shop.charged("p")), (1, 1));
    assert_eq!(
        shop.candidate.payments().get("p"),
        Some(&receipt),
        "the candidate is lent the control's charge"
    );
    assert_eq!(shop.launch.groups(), []);
    assert_eq!(shop.launch.pending(), []);
}

#[tokio::test(start_paused = true)]
async fn a_second_charge_of_the_candidate_goes_nowhere_and_is_a_difference() {
    let shop = Shop::new(all_in(Stage::Shadow, Stage::Shadow));
    shop.candidate.set(Fault::ChargesTwice);
    shop.pay("c", "p", 455).await.unwrap();
    settle().await;

    assert_eq!(shop.charged("p"), 1);
    let groups = shop.launch.groups();
    assert_eq!((groups.len(), groups[0].path.as_str()), (1, "/effects/*"), "{groups:?}");
}

#[tokio::test(start_paused = true)]
async fn when_the_candidate_serves_it_is_the_one_that_charges() {
    let shop = Shop::new(all_in(Stage::Shadow, Stage::Shadow));
    let mut live = all_in(Stage::Shadow, Stage::Live);
    live.writes.served = Dial::ALL;
    shop.set(live);
    for side in [Side::Control, Side::Candidate] {
        shop.module(side).set(if side == Side::Control {
            Fault::ChargesTwice
        } else {
            Fault::None
        });
    }
    shop.pay("c", "p", 455).await.unwrap();
    settle().await;
    assert_eq!(shop.charged("p"), 1, "the control's two charges are shadows");
    assert_eq!(shop.control.payments().len(), 1);
}

/// Two doors to a bank, beside a launch in this stage of writes.
struct Beside {
    doors: [Arc<dyn Bank>; 2],
    charges: Arc<Mutex<Vec<(String, i64)>>>,
    _launch: Launch<dyn Till>,
}

fn beside(writes: Lane) -> Beside {
    let charges = Arc::<Mutex<Vec<_>>>::default();
    let bank = Entrusted::<dyn Bank>::new(Box::new(Vault(Arc::clone(&charges))), Arc::new(Vault::default()));
    let doors = RefCell::new(Vec::new());
    let build = |side: &Doors| {
        doors.borrow_mut().push(side.to(&bank));
        Module::new(side.to(&bank)) as Arc<dyn Till>
    };
    let pair = Isolated::<dyn Till>::pair(build, build);
    let settings = Settings {
        reads: if writes.stage == Stage::Complete {
            writes
        } else {
            Lane::default()
        },
        writes,
        ..Settings::default()
    };
    let setup = Launch::isolated(pair, Arc::new(MemoryJournal::default())).unwrap();
    let launch = setup.begin("till", Arc::new(Fixed::new(settings))).unwrap();
    Beside {
        doors: doors.into_inner().try_into().map_err(|_| "two doors").unwrap(),
        charges,
        _launch: launch,
    }
}

#[tokio::test]
async fn outside_of_calls_only_the_side_that_serves_every_key_acts_and_the_other_is_told_so() {
    let live = |served| Lane::new(Stage::Live, Dial::ALL, served);
    let all = |stage| Lane::new(stage, Dial::ALL, Dial::NONE);
    for (writes, acts) in [
        (all(Stage::Off), [true, false]),
        (all(Stage::Shadow), [true, false]),
        (live(Dial::NONE), [true, false]),
        (live(percent("1 %")), [false, false]),
        (live(Dial::ALL), [false, true]),
        (all(Stage::RampDown), [false, true]),
        (all(Stage::Complete), [false, true]),
    ] {
        let beside = beside(writes);
        for (door, acts) in beside.doors.iter().zip(acts) {
            let before = beside.charges.lock().unwrap().len();
            let charged = door.charge("p".into(), 455).await;
            assert_eq!(charged.is_ok(), acts, "{writes:?}: {charged:?}");
            assert_eq!(
                beside.charges.lock().unwrap().len() - before,
                usize::from(acts),
                "{writes:?}"
            );
            if let Err(failure) = charged {
                assert!(failure.reason.contains("seam::launch::Turn"), "{failure}");
            }
            assert!(door.charges().await.is_ok(), "reads go through");
        }
    }
}

#[tokio::test]
async fn a_request_that_is_a_shadow_itself_charges_nobody() {
    let beside = beside(Lane::default());
    let shadow = Context {
        shadow: true,
        ..Context::root("somebody")
    };
    for door in &beside.doors {
        let charge = door.charge("p".into(), 455);
        assert!(shadow.clone().scope(charge).await.is_ok(), "the stand-in answers");
    }
    assert_eq!(*beside.charges.lock().unwrap(), []);
}

/// A till that charges in a task of its own, and hands its turn on.
struct Spawning(Arc<dyn Bank>);

impl Spawning {
    async fn charge_in_a_task(&self) -> Result<u64, TransportFailure> {
        let bank = Arc::clone(&self.0);
        let charge = async move { bank.charge("p".into(), 1).await };
        match Turn::current() {
            Some(turn) => tokio::spawn(turn.scope(charge)).await.unwrap(),
            None => tokio::spawn(charge).await.unwrap(),
        }
    }
}

#[seam::async_trait]
impl Till for Spawning {
    async fn pay(&self, _: String, payment: String, cents: i64) -> Result<Receipt, TillError> {
        let charge = self.charge_in_a_task().await?;
        Ok(Receipt {
            payment,
            cents,
            charge,
            note: None,
            lines: Vec::new(),
        })
    }

    async fn show(&self, _: String, _: String) -> Result<Receipt, TillError> {
        Err(TillError::Unknown)
    }

    async fn count(&self) -> Result<u64, TillError> {
        Ok(0)
    }
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_is_handed_on_keeps_the_second_sides_tasks_from_charging() {
    let charges = Arc::<Mutex<Vec<_>>>::default();
    let bank = Entrusted::<dyn Bank>::new(Box::new(Vault(Arc::clone(&charges))), Arc::new(Vault::default()));
    let build = |side: &Doors| Arc::new(Spawning(side.to(&bank))) as Arc<dyn Till>;
    let setup = Launch::isolated(Isolated::pair(build, build), Arc::new(MemoryJournal::default())).unwrap();
    let settings = all_in(Stage::Off, Stage::Shadow);
    let launch = setup.begin("till", Arc::new(Fixed::new(settings))).unwrap();
    let receipt = launch.service().pay("c".into(), "p".into(), 455).await.unwrap();
    settle().await;
    assert_eq!((receipt.charge, charges.lock().unwrap().len()), (1, 1));
    assert_eq!(launch.observations()[0].seen, Seen::Same);
}
