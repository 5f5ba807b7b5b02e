//! Settings from the flags of an OpenFeature provider.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use open_feature::{
    Client, EvaluationContext, EvaluationError, EvaluationErrorCode, EvaluationResult, OpenFeature, StructValue,
    provider::{FeatureProvider, ProviderMetadata, ResolutionDetails},
};
use seam::{
    compare::Rule,
    launch::{Dial, FLAGS_TIME, Flags, Lane, Launch, Position, Refused, Settings, Stage},
};

use crate::samples::{Module, Till, Vault, far, percent};

/// The flags; `Err` has the provider answer nothing but that.
type Table = Arc<Mutex<Result<BTreeMap<String, String>, String>>>;

/// The time after which the provider gives the answer that it had when it was asked.
type Late = Arc<Mutex<Duration>>;

struct Provider {
    metadata: ProviderMetadata,
    flags: Table,
    late: Late,
}

impl Provider {
    async fn text_late(&self, flag: &str) -> EvaluationResult<String> {
        let text = self.text(flag);
        let late = *self.late.lock().unwrap();
        tokio::time::sleep(late).await;
        text
    }

    fn text(&self, flag: &str) -> EvaluationResult<String> {
        let error = |code, message: &str| EvaluationError::builder().code(code).message(message).build();
        let flags = self.flags.lock().unwrap();
        let flags = flags
            .as_ref()
            .map_err(|away| error(EvaluationErrorCode::ProviderNotReady, away))?;
        flags
            .get(flag)
            .cloned()
            .ok_or_else(|| error(EvaluationErrorCode::FlagNotFound, "no such flag"))
    }
}

/// The answer to a question for a number or a structure: every flag of a launch is a text or a switch.
fn mismatched() -> EvaluationError {
    EvaluationError::builder()
        .code(EvaluationErrorCode::TypeMismatch)
        .message("every flag is a text")
        .build()
}

#[open_feature::async_trait]
impl FeatureProvider for Provider {
    fn metadata(&self) -> &ProviderMetadata {
        &self.metadata
    }

    async fn resolve_bool_value(
        &self,
        flag: &str,
        _context: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<bool>> {
        Ok(ResolutionDetails::new(self.text_late(flag).await? == "true"))
    }

    async fn resolve_int_value(
        &self,
        _flag: &str,
        _context: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<i64>> {
        Err(mismatched())
    }

    async fn resolve_float_value(
        &self,
        _flag: &str,
        _context: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<f64>> {
        Err(mismatched())
    }

    async fn resolve_string_value(
        &self,
        flag: &str,
        _context: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<String>> {
        Ok(ResolutionDetails::new(self.text_late(flag).await?))
    }

    async fn resolve_struct_value(
        &self,
        _flag: &str,
        _context: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<StructValue>> {
        Err(mismatched())
    }
}

fn table<const N: usize>(flags: [(&str, &str); N]) -> BTreeMap<String, String> {
    flags
        .into_iter()
        .map(|(flag, value)| (flag.to_owned(), value.to_owned()))
        .collect()
}

/// A client of a provider with these flags. Each test has a name of its own, since providers belong to the process.
async fn client<const N: usize>(name: &str, flags: [(&str, &str); N]) -> (Client, Table) {
    let (client, flags, _late) = late_client(name, flags).await;
    (client, flags)
}

async fn late_client<const N: usize>(name: &str, flags: [(&str, &str); N]) -> (Client, Table, Late) {
    let late = Late::default();
    let flags: Table = Arc::new(Mutex::new(Ok(table(flags))));
    let provider = Provider {
        metadata: ProviderMetadata::new("a table"),
        flags: Arc::clone(&flags),
        late: Arc::clone(&late),
    };
    let mut api = OpenFeature::singleton_mut().await;
    api.set_named_provider(name, provider).await;
    (api.create_named_client(name), flags, late)
}

fn begun(flags: &Arc<Flags>) -> Result<Launch<dyn Till>, Refused> {
    let module = || Module::new(Arc::new(Vault::default()));
    Launch::<dyn Till>::reads(module(), module())?.begin("till", Arc::clone(flags) as Arc<_>)
}

#[tokio::test]
async fn flags_are_the_stages_and_dials_and_without_them_all_is_off() {
    let rules = vec![Rule::ignored("note", "ann", "texts").until(far())];
    let base = Settings {
        rules: rules.clone(),
        ..Settings::default()
    };
    let (client, table_of) = client("all", []).await;
    let flags = Flags::open(client, "till", base).await;
    let launch = begun(&flags).unwrap();
    assert_eq!(
        (launch.settings().position(), launch.settings().rules),
        (Position::default(), rules)
    );

    *table_of.lock().unwrap() = Ok(table([
        ("till.reads.stage", "shadow"),
        ("till.reads.shadowed", "12.5 %"),
        ("till.noise", "1 %"),
        ("till.killed", "true"),
        ("bank.reads.stage", "live"),
    ]));
    assert_eq!(launch.refresh(), Ok(false), "flags are evaluated when they are fetched");
    flags.fetch().await;
    assert_eq!((launch.refresh(), launch.refresh()), (Ok(true), Ok(false)));
    let wanted = Position {
        reads: Lane::new(Stage::Shadow, percent("12.5 %"), Dial::NONE),
        killed: true,
        noise: percent("1 %"),
        ..Position::default()
    };
    assert_eq!(launch.settings().position(), wanted);
    assert_eq!(launch.turn(Position::default(), None), Err(Refused::ReadOnly));
    assert_eq!(launch.settings().position(), wanted);

    *table_of.lock().unwrap() = Ok(BTreeMap::new());
    flags.fetch().await;
    launch.refresh().unwrap();
    assert_eq!(launch.settings().position(), Position::default());
}

#[tokio::test]
async fn a_flag_that_is_wrong_or_has_no_value_keeps_the_settings_and_is_named() {
    let shadow = [("till.reads.stage", "shadow"), ("till.reads.shadowed", "5 %")];
    let (client, table_of) = client("wrong", shadow).await;
    let flags = Flags::open(client, "till", Settings::default()).await;
    let launch = begun(&flags).unwrap();
    let before = launch.settings();
    for (new, says) in [
        (
            Ok(table([("till.reads.shadowed", "101 %")])),
            ["till.reads.shadowed", "wanted 0 % to 100 %"],
        ),
        (
            Ok(table([("till.writes.stage", "sideways")])),
            ["till.writes.stage", "\"sideways\""],
        ),
        (
            Ok(table([("till.reads.stage", "complete")])),
            ["from shadow to complete", "no stage may be skipped"],
        ),
        (
            Ok(table([("till.writes.stage", "dualwrite")])),
            ["not isolated", "dualwrite"],
        ),
        (
            Err("the relay is away".to_owned()),
            ["PROVIDER_NOT_READY", "the relay is away"],
        ),
    ] {
        *table_of.lock().unwrap() = new;
        flags.fetch().await;
        let refused = launch.refresh().unwrap_err().to_string();
        assert!(says.iter().all(|part| refused.contains(part)), "{refused}");
        assert_eq!((launch.settings(), launch.problem()), (before.clone(), Some(refused)));
    }
    let refused = begun(
        &Flags::open(
            OpenFeature::singleton().await.create_named_client("wrong"),
            "till",
            Settings::default(),
        )
        .await,
    );
    assert!(refused.is_err_and(|refused| refused.to_string().contains("till.reads.stage")));
}

#[tokio::test]
async fn a_watch_brings_flags_into_force_until_it_is_dropped() {
    let (client, table_of) = client("watched", []).await;
    let flags = Flags::open(client, "till", Settings::default()).await;
    let launch = begun(&flags).unwrap();
    let watches = [
        flags.watch(Duration::from_millis(1)),
        launch.watch(Duration::from_millis(1)),
    ];
    *table_of.lock().unwrap() = Ok(table([("till.reads.stage", "shadow")]));
    let begun = Instant::now();
    while launch.settings().reads.stage != Stage::Shadow {
        assert!(begun.elapsed() < Duration::from_secs(20), "the flag is not seen");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    drop(watches);
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_hangs_is_refused_after_a_time_and_keeps_the_settings_in_force() {
    let (client, _table, late) = late_client("hangs", [("till.reads.stage", "shadow")]).await;
    let flags = Flags::open(client, "till", Settings::default()).await;
    let launch = begun(&flags).unwrap();
    let before = launch.settings();
    *late.lock().unwrap() = Duration::from_secs(3_600);
    let asked = tokio::time::Instant::now();
    flags.fetch().await;
    assert_eq!(asked.elapsed().as_secs(), FLAGS_TIME.as_secs());
    let refused = launch.refresh().unwrap_err().to_string();
    for part in ["\"till.reads.stage\"", "no answer within 5s", "settings stay"] {
        assert!(refused.contains(part), "{part:?} is not in {refused}");
    }
    assert_eq!((launch.settings(), launch.problem()), (before, Some(refused)));

    // The time is that of all flags together.
    *late.lock().unwrap() = FLAGS_TIME / 3;
    let asked = tokio::time::Instant::now();
    let client = OpenFeature::singleton().await.create_named_client("hangs");
    let slow = Flags::open(client, "till", Settings::default()).await;
    assert_eq!(asked.elapsed().as_secs(), FLAGS_TIME.as_secs());
    assert!(begun(&slow).is_err_and(|refused| refused.to_string().contains("no answer within 5s")));

    *late.lock().unwrap() = Duration::ZERO;
    flags.fetch().await;
    assert_eq!((launch.refresh(), launch.problem()), (Ok(true), None));
}

#[tokio::test(start_paused = true)]
async fn an_older_reading_is_not_the_last_one() {
    let (client, table_of, late) = late_client("older", []).await;
    let flags = Flags::open(client, "till", Settings::default()).await;
    let launch = begun(&flags).unwrap();
    *late.lock().unwrap() = Duration::from_millis(100);
    let first = tokio::spawn({
        let flags = Arc::clone(&flags);
        async move { flags.fetch().await }
    });
    tokio::time::sleep(Duration::from_millis(50)).await; // it has asked for the first flag
    *late.lock().unwrap() = Duration::ZERO;
    *table_of.lock().unwrap() = Ok(table([("till.reads.stage", "shadow")]));
    flags.fetch().await;
    first.await.unwrap();
    launch.refresh().unwrap();
    assert_eq!(launch.settings().reads.stage, Stage::Shadow);
}
