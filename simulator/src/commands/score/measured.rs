use seam::meter::{MeterFigures, ProcessFigures};
use serde::Serialize;

use super::{
    file::ScoreFile,
    process::{Hop, Process},
};

/// Requests and events without which a share or a mean says little: below this number, one of them moves it by 5 %.
const FEWEST: u64 = 20;

/// The traffic of one module, from the meters of its process.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Measured {
    /// Requests and events that the whole process took.
    pub(super) work: u64,
    /// Calls to and from the module.
    pub(super) calls: u64,
    /// The share of these in all calls between modules, in percent.
    pub(super) share_of_calls: f64,
    /// Pairs of modules with calls between them, in the whole process.
    pub(super) pairs: usize,
    /// The module's pair and method with the most calls for each request or event that makes any of the pair.
    pub(super) most: Option<Chatty>,
    /// The calls of the pair with the most calls for each request or event that makes any, in all methods.
    pub(super) per_request: f64,
    /// The module's pairs that are in neither figure, because too few requests and events made calls of them.
    pub(super) left_out: Vec<String>,
    /// The mean size of arguments and reply of a call, in JSON; `None` if no call was sampled.
    pub(super) bytes_per_call: Option<f64>,
    /// The module's share in the time that the modules here work themselves, in percent; `None` if it runs elsewhere.
    pub(super) share_of_time: Option<f64>,
    /// Methods with replies that cannot cross a wire.
    pub(super) cannot_cross: Vec<Uncrossing>,
    /// The time that a split adds to a request that makes such calls, one after the other.
    pub(super) added: Added,
}

/// A method and how often one request calls it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Chatty {
    /// As `from -> to.method`.
    pub(super) method: String,
    pub(super) per_request: f64,
}

/// A method with replies that were checked, and how many of them cannot cross a wire.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Uncrossing {
    pub(super) method: String,
    pub(super) replies: u64,
    pub(super) checked: u64,
}

/// The time added to a request. The second one is an upper bound, since not every hop is a slow one.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Added {
    pub(super) p50_us: f64,
    pub(super) p99_us: f64,
}

impl Measured {
    /// Measures a module: its calls and its time by its name, and the calls to it by the name of its contract.
    ///
    /// # Errors
    /// When the process did too little to say anything, or does not show the module or its contract; the text says
    /// what to do.
    pub(super) fn of(name: &str, file: &ScoreFile, process: Option<&Process>) -> Result<Self, String> {
        let process = process.ok_or("not measured: give --url of a process that runs it")?;
        let figures = &process.figures;
        let work = work(figures);
        if work < FEWEST {
            return Err(format!(
                "not measured: the process took {work} requests and events, wanted {FEWEST} at least; exercise it first"
            ));
        }
        let contract = file.contract(name);
        is_known(name, contract, figures)?;
        let meters = figures.meters.iter();
        let own: Vec<&MeterFigures> = meters.filter(|it| it.from == name || it.to == contract).collect();
        let calls: u64 = own.iter().map(|meter| meter.calls()).sum();
        if calls == 0 && !own.is_empty() {
            let pairs: Vec<String> = own.iter().map(|it| pair(it)).collect();
            return Err(format!(
                "not measured: nothing was called over {}; exercise what uses it",
                pairs.join(", ")
            ));
        }
        let (enough, few): (Vec<&MeterFigures>, Vec<&MeterFigures>) = own.iter().partition(|it| evidence(it) >= FEWEST);
        if enough.is_empty() && !own.is_empty() {
            return Err(too_few(&few));
        }
        let per_request = enough.iter().map(|it| ratio(it.calls(), units(it))).fold(0.0, f64::max);
        Ok(Self {
            work,
            calls,
            share_of_calls: 100.0 * ratio(calls, figures.meters.iter().map(MeterFigures::calls).sum()),
            pairs: figures.meters.iter().filter(|meter| meter.calls() > 0).count(),
            most: most(&enough),
            per_request,
            left_out: few.iter().map(|meter| pair(meter)).collect(),
            bytes_per_call: bytes_per_call(&own),
            share_of_time: share_of_time(name, file, figures),
            cannot_cross: cannot_cross(&own),
            added: added(per_request, process.hop),
        })
    }
}

/// Requests and events that the modules of a process took.
pub(super) fn work(figures: &ProcessFigures) -> u64 {
    figures
        .modules
        .iter()
        .map(|module| module.requests + module.events)
        .sum()
}

/// Requests that came to the modules of a process, if they are enough to say anything.
pub(super) fn requests(figures: &ProcessFigures) -> Result<u64, String> {
    let requests = figures.modules.iter().map(|module| module.requests).sum();
    match requests {
        FEWEST.. => Ok(requests),
        _ => Err(format!(
            "the process took {requests} requests, wanted {FEWEST} at least; exercise it first"
        )),
    }
}

#[expect(clippy::cast_precision_loss, reason = "shares of counts, shown with three digits")]
pub(super) fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// Refuses a module that the process does not show, and a contract by another name that nobody there may call: one
/// that is misspelt would be measured as one without calls.
fn is_known(name: &str, contract: &str, figures: &ProcessFigures) -> Result<(), String> {
    let is_called = figures.meters.iter().any(|meter| meter.to == contract);
    let calls = figures.meters.iter().any(|meter| meter.from == name);
    let is_here = figures.modules.iter().any(|module| module.module == name);
    let known = known(figures);
    if name != contract && !is_called {
        return Err(format!(
            "not measured: the process shows no contract {contract:?}, known are {known}; correct the line, or remove \
             it if nobody there calls {name}"
        ));
    }
    if !(is_called || calls || is_here) {
        return Err(format!(
            "not measured: the process shows no module and no contract {name:?}, known are {known}"
        ));
    }
    Ok(())
}

/// Requests and events that made calls of a pair; a call on nobody's behalf is one of its own.
fn units(meter: &MeterFigures) -> u64 {
    meter.requests + meter.events + meter.on_own_account
}

/// Requests and events that say something of a pair. Calls on nobody's behalf do if it has no others.
fn evidence(meter: &MeterFigures) -> u64 {
    match meter.requests + meter.events {
        0 => meter.on_own_account,
        units => units,
    }
}

fn pair(meter: &MeterFigures) -> String {
    format!("{} -> {}", meter.from, meter.to)
}

fn too_few(few: &[&MeterFigures]) -> String {
    let few = few.iter().map(|it| format!("{} by {}", pair(it), evidence(it)));
    let few = few.collect::<Vec<String>>().join(", ");
    format!(
        "not measured: too few requests and events made calls, {few}, wanted {FEWEST} at least over one of them; \
         exercise what uses it"
    )
}

fn most(own: &[&MeterFigures]) -> Option<Chatty> {
    let methods = own.iter().flat_map(|meter| {
        let name = |method: &str| format!("{}.{method}", pair(meter));
        meter
            .methods
            .iter()
            .filter(|method| method.calls > 0)
            .map(move |method| Chatty {
                method: name(&method.method),
                per_request: ratio(method.calls, units(meter)),
            })
    });
    methods.max_by(|one, other| one.per_request.total_cmp(&other.per_request))
}

fn bytes_per_call(own: &[&MeterFigures]) -> Option<f64> {
    let methods = || {
        own.iter()
            .flat_map(|meter| &meter.methods)
            .filter(|method| method.sampled > 0)
    };
    // A method counts by its calls, not by its samples: those of rare methods are more than their share.
    let bytes = |method: &seam::meter::MethodFigures| {
        ratio(method.argument_bytes + method.reply_bytes, method.sampled) * ratio(method.calls, 1)
    };
    let calls = methods().map(|method| method.calls).sum();
    (calls > 0).then(|| methods().map(bytes).sum::<f64>() / ratio(calls, 1))
}

/// The share of a module in the time in which the modules of the process work themselves: the time of its requests
/// and events, and of calls to it from here, without the time of its calls to others.
///
/// Calls of its workers are taken off too, though no request and no event held them: its share is too small then, and
/// that of the others too large.
fn share_of_time(name: &str, file: &ScoreFile, figures: &ProcessFigures) -> Option<f64> {
    let own = |name: &str| {
        let module = figures.modules.iter().find(|module| module.module == name)?;
        let time = |is_picked: &dyn Fn(&MeterFigures) -> bool| -> u64 {
            let picked = figures.meters.iter().filter(|meter| is_picked(meter));
            picked.map(MeterFigures::time_ns).sum()
        };
        let contract = file.contract(name);
        let all = module.busy_ns + time(&|meter| meter.to == contract);
        Some(all.saturating_sub(time(&|meter| meter.from == name)))
    };
    let whole = figures.modules.iter().filter_map(|module| own(&module.module)).sum();
    own(name).map(|own| 100.0 * ratio(own, whole))
}

fn cannot_cross(own: &[&MeterFigures]) -> Vec<Uncrossing> {
    let of_meter = |meter: &&MeterFigures| -> Vec<Uncrossing> {
        let broken = meter.methods.iter().filter(|method| method.cannot_cross > 0);
        let uncrossing = |method: &seam::meter::MethodFigures| Uncrossing {
            method: format!("{}.{}", meter.to, method.method),
            replies: method.cannot_cross,
            checked: method.checked,
        };
        broken.map(uncrossing).collect()
    };
    own.iter().flat_map(of_meter).collect()
}

fn added(per_request: f64, hop: Hop) -> Added {
    Added {
        p50_us: per_request * ratio(hop.p50_us, 1),
        p99_us: per_request * ratio(hop.p99_us, 1),
    }
}

fn known(figures: &ProcessFigures) -> String {
    let mut names: Vec<&str> = figures.modules.iter().map(|module| module.module.as_str()).collect();
    names.extend(
        figures
            .meters
            .iter()
            .flat_map(|meter| [meter.from.as_str(), meter.to.as_str()]),
    );
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}
