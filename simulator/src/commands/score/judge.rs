use serde::Serialize;

use super::{
    file::{Rating, Ratings, ScoreFile},
    measured::Measured,
    process::Process,
};

/// Points from which a module is worth a service of its own, of 10.
pub(super) const ENOUGH_POINTS: u8 = 6;
/// Points of the checklist from which it is, of five.
pub(super) const ENOUGH_CHECKS: usize = 2;
/// Calls of one method for each request from which they are to be made one before anything else.
const CHATTY: f64 = 3.0;

/// The judgement of one module, and everything that it stands on.
#[derive(Debug, Serialize)]
pub(super) struct Judgement {
    pub(super) module: String,
    pub(super) verdict: Verdict,
    /// The reason, in one sentence.
    pub(super) why: String,
    /// The points; `None` if the module was not measured.
    pub(super) points: Option<u8>,
    /// The aspects of the checklist that speak for a split; `None` if the module was not measured.
    pub(super) checks: Option<usize>,
    pub(super) aspects: Vec<Aspect>,
    pub(super) measured: Option<Measured>,
}

/// One aspect of a module. What is not part of the score has no points, what is not on the checklist says nothing of a
/// split, and what was not measured has neither.
#[derive(Debug, Serialize)]
pub(super) struct Aspect {
    pub(super) aspect: &'static str,
    pub(super) points: Option<u8>,
    pub(super) splits: Option<bool>,
    pub(super) reason: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Verdict {
    Stay,
    BatchFirst,
    Extract,
    Inconclusive,
}

impl Verdict {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Stay => "STAY",
            Self::BatchFirst => "BATCH FIRST",
            Self::Extract => "EXTRACT",
            Self::Inconclusive => "INCONCLUSIVE",
        }
    }
}

/// A rating that was measured, with its evidence.
struct Graded {
    points: u8,
    reason: String,
}

/// Rates what was measured: communication independence and scaling, 0 to 2 points each.
///
/// *Communication independence* follows the calls that one request or event makes over the module's busiest pair. Up
/// to 1.5 are 2 points: a split turns a call into a hop, and one hop is the least that it costs. Up to 3 are 1 point,
/// since hops in a row add up and so do their chances to fail; more are 0. A point is lost if a call carries more than
/// 64 KiB in the mean, because writing and reading so much JSON takes longer than the hop itself. And a point is lost
/// by a hub: a module that takes part in 80 % of all calls of at least three pairs makes nearly every call between
/// modules a hop.
///
/// *Scaling* follows the module's share in the time in which the modules of the process work themselves. From half of
/// it 2 points: what is left needs half of the machines. From a quarter 1 point, and 0 below, where a service of its
/// own scales next to nothing.
fn grade(measured: &Measured) -> (Graded, Graded) {
    let per_request = measured.per_request;
    let mut reasons = vec![match measured.calls {
        0 => "no calls to or from other modules".to_owned(),
        calls => format!("{per_request:.1} calls per request over its busiest pair, {calls} in all"),
    }];
    if !measured.left_out.is_empty() {
        reasons.push(format!(
            "without {}, of too few requests",
            measured.left_out.join(" and ")
        ));
    }
    let mut points: u8 = match per_request {
        few if few <= 1.5 => 2,
        some if some <= 3.0 => 1,
        _ => 0,
    };
    if let Some(bytes) = measured.bytes_per_call {
        reasons.push(format!("{bytes:.0} bytes each"));
        points = points.saturating_sub(u8::from(bytes > 65_536.0));
    }
    if measured.pairs >= 3 && measured.share_of_calls >= 80.0 {
        reasons.push(format!("a hub: part of {:.0} % of all calls", measured.share_of_calls));
        points = points.saturating_sub(1);
    }
    let independence = Graded {
        points,
        reason: reasons.join(", "),
    };
    let scaling = match measured.share_of_time {
        None => Graded {
            points: 0,
            reason: "it runs in another process, and scales there already".to_owned(),
        },
        Some(share) => Graded {
            points: if share >= 50.0 { 2 } else { u8::from(share >= 25.0) },
            reason: format!("{share:.0} % of the time in which the modules here work"),
        },
    };
    (independence, scaling)
}

/// Judges one module of a file.
pub(super) fn judge(name: &str, ratings: &Ratings, file: &ScoreFile, process: Option<&Process>) -> Judgement {
    let measured = Measured::of(name, file, process);
    let graded = measured.as_ref().map(grade).map_err(Clone::clone);
    let aspects = aspects(ratings, graded.as_ref());
    let open = |why: String, aspects| Judgement {
        module: name.to_owned(),
        verdict: Verdict::Inconclusive,
        why,
        points: None,
        checks: None,
        aspects,
        measured: None,
    };
    let (measured, independence) = match (measured, graded) {
        (Ok(measured), Ok((independence, _))) => (measured, independence.points),
        (Err(why), _) | (_, Err(why)) => return open(why, aspects),
    };
    let points = aspects.iter().filter_map(|aspect| aspect.points).sum();
    let checks = aspects.iter().filter(|aspect| aspect.splits == Some(true)).count();
    let (verdict, why) = verdict(&measured, points, checks, independence);
    Judgement {
        module: name.to_owned(),
        verdict,
        why,
        points: Some(points),
        checks: Some(checks),
        aspects,
        measured: Some(measured),
    }
}

fn aspects(ratings: &Ratings, graded: Result<&(Graded, Graded), &String>) -> Vec<Aspect> {
    let written = |aspect, rating: &Rating, is_rated: bool, is_listed: bool| Aspect {
        aspect,
        points: is_rated.then_some(rating.points),
        splits: is_listed.then_some(rating.splits),
        reason: rating.reason.clone(),
    };
    let measured = |aspect, graded: Option<&Graded>, is_listed: bool| Aspect {
        aspect,
        points: graded.map(|graded| graded.points),
        splits: graded.filter(|_| is_listed).map(|graded| graded.points == 2),
        reason: graded.map_or_else(|| "not measured".to_owned(), |graded| graded.reason.clone()),
    };
    let graded = graded.ok();
    vec![
        measured("scaling", graded.map(|(_, scaling)| scaling), true),
        written("team", &ratings.team, true, true),
        written("deployment frequency", &ratings.deployment_frequency, true, true),
        written("compliance", &ratings.compliance, true, false),
        measured(
            "communication independence",
            graded.map(|(independence, _)| independence),
            false,
        ),
        written("availability", &ratings.availability, false, true),
        written("data isolation", &ratings.data_isolation, false, true),
    ]
}

/// The verdict and its reason. Calls that could be one come before an extraction that is worth it, or would be worth
/// it with fewer calls; replies that can't cross a wire come before both.
fn verdict(measured: &Measured, points: u8, checks: usize, independence: u8) -> (Verdict, String) {
    if let Some(first) = measured.cannot_cross.first() {
        let (method, replies, checked) = (&first.method, first.replies, first.checked);
        return (
            Verdict::Stay,
            format!("{replies} of {checked} replies of {method} cannot cross a wire; mend their types first"),
        );
    }
    let reached = format!("{points} of 10 points, {checks} of 5 checks");
    let added = match measured.calls {
        0 => "no call would become a hop".to_owned(),
        _ => format!(
            "a split adds {} to a request that makes its calls (p50; p99 {} at most)",
            millis(measured.added.p50_us),
            millis(measured.added.p99_us)
        ),
    };
    let is_listed = checks >= ENOUGH_CHECKS;
    let chatty = measured.most.as_ref().filter(|most| most.per_request > CHATTY);
    if let Some(most) = chatty
        && is_listed
        && points + (2 - independence) >= ENOUGH_POINTS
    {
        let why = format!(
            "{reached}, but one request makes {:.1} calls of {}; make them one call first, since {added}",
            most.per_request, most.method
        );
        return (Verdict::BatchFirst, why);
    }
    if is_listed && points >= ENOUGH_POINTS {
        return (Verdict::Extract, format!("{reached}; {added}"));
    }
    let lack = if points < ENOUGH_POINTS {
        format!("a service of its own wants {ENOUGH_POINTS} points")
    } else {
        format!("a service of its own wants {ENOUGH_CHECKS} checks")
    };
    (Verdict::Stay, format!("{reached}: {lack}; {added}"))
}

pub(super) fn millis(us: f64) -> String {
    format!("{:.2} ms", us / 1_000.0)
}
