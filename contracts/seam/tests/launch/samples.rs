//! A till that charges a bank, with as many faults as a test wants.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use seam::{
    TransportFailure,
    compare::{Day, Rule},
    launch::{Dial, Entrusted, Fixed, Isolated, Journal, Lane, Launch, Limits, MemoryJournal, Settings, Side, Stage},
};
use serde::{Deserialize, Serialize};

/// A till of a shop.
#[seam::contract(name = "till")]
pub(crate) trait Till: Send + Sync {
    /// Charges a customer; the same payment once.
    #[write(key = customer)]
    async fn pay(&self, customer: String, payment: String, cents: i64) -> Result<Receipt, TillError>;

    /// Shows a payment.
    #[read(key = customer)]
    async fn show(&self, customer: String, payment: String) -> Result<Receipt, TillError>;

    /// Counts the payments.
    #[read]
    async fn count(&self) -> Result<u64, TillError>;
}

/// A bank outside of the shop.
#[seam::contract(name = "bank")]
pub(crate) trait Bank: Send + Sync {
    /// Takes money, each time.
    #[write(key = payment)]
    async fn charge(&self, payment: String, cents: i64) -> Result<u64, TransportFailure>;

    /// Counts the charges.
    #[read]
    async fn charges(&self) -> Result<u64, TransportFailure>;
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Receipt {
    pub(crate) payment: String,
    pub(crate) cents: i64,
    pub(crate) charge: u64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) note: Option<String>,
    pub(crate) lines: Vec<i64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
pub(crate) enum TillError {
    #[error("there is no such payment")]
    Unknown,
    #[error("nothing to pay")]
    Nothing,
    #[error("the till is busy, and has done nothing")]
    Busy,
    #[error(transparent)]
    Transport(#[from] TransportFailure),
}

impl seam::ContractError for TillError {
    fn transport(&self) -> Option<&TransportFailure> {
        match self {
            Self::Unknown | Self::Nothing | Self::Busy => None,
            Self::Transport(failure) => Some(failure),
        }
    }

    fn is_not_done(&self) -> bool {
        *self == Self::Busy
    }
}

/// A way to misbehave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Fault {
    #[default]
    None,
    Hangs,
    Panics,
    Late(Duration),
    Floods(usize),
    Garbage,
    GivesNoAnswer,
    /// Says that it can't take the call now, and has done nothing.
    Busy,
    /// Writes, and then gives no answer.
    LosesAnswers,
    /// Writes, and answers this much later.
    AnswersLate(Duration),
    Rounds,
    DropsField,
    SwapsError,
    ChargesTwice,
}

/// The time that every call takes.
pub(crate) const TAKES: Duration = Duration::from_millis(2);

/// A till that keeps its payments in memory.
pub(crate) struct Module {
    bank: Arc<dyn Bank>,
    payments: Mutex<BTreeMap<String, Receipt>>,
    fault: Mutex<Fault>,
    pub(crate) asked: AtomicUsize,
}

impl Module {
    pub(crate) fn new(bank: Arc<dyn Bank>) -> Arc<Self> {
        Arc::new(Self {
            bank,
            payments: Mutex::default(),
            fault: Mutex::default(),
            asked: AtomicUsize::new(0),
        })
    }

    pub(crate) fn set(&self, fault: Fault) {
        *self.fault.lock().unwrap() = fault;
    }

    pub(crate) fn payments(&self) -> MutexGuard<'_, BTreeMap<String, Receipt>> {
        self.payments.lock().unwrap()
    }

    fn fault(&self) -> Fault {
        *self.fault.lock().unwrap()
    }

    async fn begin(&self) -> Result<Fault, TillError> {
        self.asked.fetch_add(1, SeqCst);
        tokio::time::sleep(TAKES).await;
        let fault = self.fault();
        match fault {
            Fault::Hangs => std::future::pending().await,
            // Without the panic hook, which prints a backtrace each time.
            Fault::Panics => std::panic::resume_unwind(Box::new("the till is broken")),
            Fault::Late(by) => tokio::time::sleep(by).await,
            Fault::Busy => return Err(TillError::Busy),
            Fault::GivesNoAnswer => return Err(TransportFailure::new("till", "told to").into()),
            _ => {}
        }
        Ok(fault)
    }
}

fn changed(fault: Fault, mut receipt: Receipt) -> Result<Receipt, TillError> {
    match fault {
        Fault::Floods(bytes) => receipt.note = Some("x".repeat(bytes)),
        Fault::Garbage => receipt.payment = "\u{0}\u{fffd}".repeat(1_000),
        Fault::Rounds => receipt.cents = receipt.cents / 10 * 10,
        Fault::DropsField => receipt.note = None,
        Fault::LosesAnswers => return Err(TransportFailure::new("till", "lost").into()),
        _ => {}
    }
    Ok(receipt)
}

#[seam::async_trait]
impl Till for Module {
    async fn pay(&self, _customer: String, payment: String, cents: i64) -> Result<Receipt, TillError> {
        let fault = self.begin().await?;
        if cents <= 0 {
            return Err(if fault == Fault::SwapsError {
                TillError::Unknown
            } else {
                TillError::Nothing
            });
        }
        let known = self.payments().get(&payment).cloned();
        if let Some(receipt) = known {
            return changed(fault, receipt);
        }
        let charge = self.bank.charge(payment.clone(), cents).await?;
        if fault == Fault::ChargesTwice {
            self.bank.charge(payment.clone(), cents).await?;
        }
        let receipt = Receipt {
            payment: payment.clone(),
            cents,
            charge,
            note: Some("thank you".to_owned()),
            lines: vec![cents, 0],
        };
        self.payments().insert(payment, receipt.clone());
        if let Fault::AnswersLate(by) = fault {
            tokio::time::sleep(by).await;
        }
        changed(fault, receipt)
    }

    async fn show(&self, _customer: String, payment: String) -> Result<Receipt, TillError> {
        let fault = self.begin().await?;
        let known = self.payments().get(&payment).cloned();
        changed(fault, known.ok_or(TillError::Unknown)?)
    }

    async fn count(&self) -> Result<u64, TillError> {
        self.begin().await?;
        Ok(self.payments().len() as u64)
    }
}

/// A bank that counts every charge.
#[derive(Debug, Default)]
pub(crate) struct Vault(pub(crate) Arc<Mutex<Vec<(String, i64)>>>);

#[seam::async_trait]
impl Bank for Vault {
    async fn charge(&self, payment: String, cents: i64) -> Result<u64, TransportFailure> {
        let mut charges = self.0.lock().unwrap();
        charges.push((payment, cents));
        Ok(charges.len() as u64)
    }

    async fn charges(&self) -> Result<u64, TransportFailure> {
        Ok(self.0.lock().unwrap().len() as u64)
    }
}

/// Both tills, the bank, and the launch between them.
pub(crate) struct Shop {
    pub(crate) control: Arc<Module>,
    pub(crate) candidate: Arc<Module>,
    pub(crate) charges: Arc<Mutex<Vec<(String, i64)>>>,
    pub(crate) source: Arc<Settable>,
    pub(crate) launch: Launch<dyn Till>,
    pub(crate) till: Arc<dyn Till>,
}

/// A fixed source that several may hold.
#[derive(Debug)]
pub(crate) struct Settable(pub(crate) Fixed);

impl seam::launch::Source for Settable {
    fn read(&self) -> Result<Option<Settings>, seam::launch::Refused> {
        self.0.read()
    }
}

impl Shop {
    pub(crate) fn new(settings: Settings) -> Self {
        Self::with(settings, Limits::default(), Arc::default())
    }

    pub(crate) fn with(settings: Settings, limits: Limits, journal: Arc<MemoryJournal>) -> Self {
        Self::journalled(settings, limits, journal)
    }

    pub(crate) fn journalled(settings: Settings, limits: Limits, journal: Arc<dyn Journal>) -> Self {
        let charges = Arc::<Mutex<Vec<_>>>::default();
        let bank = Entrusted::<dyn Bank>::new(Box::new(Vault(Arc::clone(&charges))), Arc::new(Vault::default()));
        let (mut control, mut candidate) = (None, None);
        let pair = Isolated::<dyn Till>::pair(
            |doors| control.insert(Module::new(doors.to(&bank))).clone(),
            |doors| candidate.insert(Module::new(doors.to(&bank))).clone(),
        );
        let source = Arc::new(Settable(Fixed::new(settings)));
        let setup = Launch::isolated(pair, journal).unwrap();
        let launch = setup.limits(limits).begin("till", Arc::clone(&source) as _).unwrap();
        Self {
            control: control.unwrap(),
            candidate: candidate.unwrap(),
            charges,
            source,
            till: launch.service(),
            launch,
        }
    }

    /// Puts settings into force.
    pub(crate) fn set(&self, settings: Settings) {
        self.source.0.set(settings);
        assert_eq!(self.launch.refresh(), Ok(true));
    }

    pub(crate) async fn pay(&self, customer: &str, payment: &str, cents: i64) -> Result<Receipt, TillError> {
        self.till.pay(customer.into(), payment.into(), cents).await
    }

    pub(crate) async fn show(&self, customer: &str, payment: &str) -> Result<Receipt, TillError> {
        self.till.show(customer.into(), payment.into()).await
    }

    /// The number of times that the bank took money for a payment.
    pub(crate) fn charged(&self, payment: &str) -> usize {
        self.charges
            .lock()
            .unwrap()
            .iter()
            .filter(|(of, _)| of == payment)
            .count()
    }

    pub(crate) fn module(&self, side: Side) -> &Module {
        match side {
            Side::Control => &self.control,
            Side::Candidate => &self.candidate,
        }
    }
}

/// Waits until everything that is on its way has ended, in virtual time.
pub(crate) async fn settle() {
    tokio::time::sleep(Duration::from_secs(10)).await;
}

pub(crate) fn percent(text: &str) -> Dial {
    text.parse().unwrap()
}

/// Every call to both sides, in this stage.
pub(crate) fn all_in(reads: Stage, writes: Stage) -> Settings {
    Settings {
        reads: Lane::new(reads, Dial::ALL, Dial::NONE),
        writes: Lane::new(writes, Dial::ALL, Dial::NONE),
        ..Settings::default()
    }
}

/// Reads of both tills, without writes.
pub(crate) fn reads(settings: Settings, limits: Limits) -> (Arc<Module>, Arc<Module>, Launch<dyn Till>) {
    let (control, candidate) = (
        Module::new(Arc::new(Vault::default())),
        Module::new(Arc::new(Vault::default())),
    );
    let receipt = Receipt {
        payment: "p".to_owned(),
        cents: 455,
        charge: 1,
        note: Some("thank you".to_owned()),
        lines: vec![455, 0],
    };
    for module in [&control, &candidate] {
        module.payments().insert("p".to_owned(), receipt.clone());
    }
    let setup = Launch::<dyn Till>::reads(control.clone(), candidate.clone()).unwrap();
    let launch = setup
        .limits(limits)
        .begin("till", Arc::new(Fixed::new(settings)))
        .unwrap();
    (control, candidate, launch)
}

pub(crate) fn shadowed_reads() -> Settings {
    Settings {
        reads: Lane::new(Stage::Shadow, Dial::ALL, Dial::NONE),
        ..Settings::default()
    }
}

pub(crate) fn far() -> Day {
    Day::new(9_999, 12, 31).unwrap()
}

pub(crate) fn permitted(rule: Rule) -> Rule {
    rule.until(far())
}
