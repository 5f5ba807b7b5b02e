use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::{BufRead, BufReader, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use regex::Regex;

use super::{
    groups,
    lines::{self, Line, Severity},
};
use crate::{scenario::Report, steps::Sample, topology::Secrets};

/// Bytes at the end of a log that are read.
const LARGEST_LOG: u64 = 64 << 20;
/// Bytes of a line that are looked at.
const LONGEST_LINE: u64 = 16 << 10;
/// Lines of one request that are shown, and lines around one moment.
const LINES: usize = 40;
/// Different complaints that are counted.
const COMPLAINTS: usize = 500;
/// Microseconds around a moment whose lines are shown.
const BEFORE_US: i64 = 300_000;
const AFTER_US: i64 = 200_000;
/// Moments around which lines are shown.
const MOMENTS: usize = 8;

/// Lines of the nodes' logs that explain a run.
#[derive(Debug)]
pub(crate) struct Evidence {
    /// The start of the run, by the wall clock.
    pub(super) began: Timestamp,
    /// The lines with the id of a request or its trace, in the order of their moments, by the id of the request.
    pub(super) traces: BTreeMap<String, Vec<Line>>,
    /// The lines around moments at which something went wrong, in the order of the moments.
    pub(super) moments: Vec<Moment>,
    /// Warnings and errors of the whole run, the most frequent first.
    pub(super) complaints: Vec<Complaint>,
    /// Logs that could not be read, or not from their beginning, with the reason.
    pub(super) missing: Vec<String>,
}

/// A moment at which something went wrong, and what the nodes logged around it.
#[derive(Debug)]
pub(super) struct Moment {
    pub(super) at_us: u64,
    pub(super) what: String,
    pub(super) lines: Vec<Line>,
    /// Lines that there is no room for.
    pub(super) more: usize,
}

/// A warning or an error that a node logged, once or again and again.
#[derive(Debug)]
pub(super) struct Complaint {
    pub(super) first: Line,
    pub(super) count: u64,
}

impl Evidence {
    /// No line of a run that began at this moment.
    pub(crate) fn nothing(began: Timestamp) -> Self {
        Self {
            began,
            traces: BTreeMap::new(),
            moments: Vec::new(),
            complaints: Vec::new(),
            missing: Vec::new(),
        }
    }

    /// Reads the logs of nodes, given by name and file, for what the report must show.
    pub(crate) fn read(report: &Report, began: Timestamp, logs: &[(String, PathBuf)], secrets: &Secrets) -> Self {
        let mut search = Search::of(report, began, secrets);
        for (node, log) in logs {
            if let Err(reason) = search.read(node, log) {
                search.missing.push(format!("{}: {reason}", log.display()));
            }
        }
        search.evidence()
    }
}

struct Search<'s> {
    secrets: &'s Secrets,
    began: Timestamp,
    /// Matches every id of `requests`; `None` if there are none.
    ids: Option<Regex>,
    /// The request that each id belongs to.
    requests: BTreeMap<String, String>,
    traces: BTreeMap<String, Vec<Line>>,
    moments: Vec<Moment>,
    complaints: BTreeMap<(String, Severity, String), Complaint>,
    missing: Vec<String>,
}

impl<'s> Search<'s> {
    fn of(report: &Report, began: Timestamp, secrets: &'s Secrets) -> Self {
        let failures = groups::failures(report);
        let failed = failures.iter().flat_map(|group| group.examples.iter().copied());
        let shown: Vec<&Sample> = failed.chain(groups::slowest(report)).collect();
        let mut requests = BTreeMap::new();
        for sample in shown {
            for id in [&sample.request_id, &sample.trace_id] {
                requests.insert(id.clone(), sample.request_id.clone());
            }
        }
        requests.remove("");
        let words: Vec<String> = requests.keys().map(|id| regex::escape(id)).collect();
        Self {
            secrets,
            began,
            ids: (!words.is_empty()).then(|| Regex::new(&words.join("|")).ok()).flatten(),
            requests,
            traces: BTreeMap::new(),
            moments: moments(report),
            complaints: BTreeMap::new(),
            missing: Vec::new(),
        }
    }

    fn read(&mut self, node: &str, log: &Path) -> Result<(), String> {
        let mut file = File::open(log).map_err(|error| error.to_string())?;
        let length = file.metadata().map_err(|error| error.to_string())?.len();
        let begin = length.saturating_sub(LARGEST_LOG);
        file.seek(SeekFrom::Start(begin)).map_err(|error| error.to_string())?;
        let mut reader = BufReader::new(file);
        let mut line = Vec::new();
        loop {
            line.clear();
            let mut bounded = std::io::Read::take(&mut reader, LONGEST_LINE);
            match bounded.read_until(b'\n', &mut line) {
                Ok(0) => break,
                Ok(_) => self.look_at(node, String::from_utf8_lossy(&line).trim_end()),
                Err(error) => return Err(error.to_string()),
            }
        }
        match begin {
            0 => Ok(()),
            begin => Err(format!(
                "only the last 64 MiB were read, {begin} bytes come before them"
            )),
        }
    }

    fn look_at(&mut self, node: &str, text: &str) {
        // Hidden before anything is cut off, which would leave a part of a secret.
        let read = || lines::read(node, &self.secrets.hide(text), self.began);
        // A line may name a request and its trace.
        let found: BTreeSet<&String> = self
            .ids
            .iter()
            .flat_map(|ids| ids.find_iter(text))
            .filter_map(|id| self.requests.get(id.as_str()))
            .collect();
        for request in found {
            let of_request = self.traces.entry(request.clone()).or_default();
            if of_request.len() < LINES {
                of_request.push(read());
            }
        }
        let at_us = lines::moment_of(text, self.began);
        let may_complain = ["WARN", "warn", "ERR", "err", "panic", "FATAL", "fatal"]
            .iter()
            .any(|word| text.contains(word));
        // Other lines of a service that logs each request would bury what explains it.
        if !may_complain && text.starts_with('{') {
            return;
        }
        let line = read();
        if line.severity == Severity::Other && text.starts_with('{') {
            return;
        }
        for moment in &mut self.moments {
            moment.take(&line, at_us);
        }
        if line.severity != Severity::Other {
            self.complain(line);
        }
    }

    fn complain(&mut self, line: Line) {
        let key = (line.node.clone(), line.severity, line.message.clone());
        if let Some(known) = self.complaints.get_mut(&key) {
            known.count += 1;
        } else if self.complaints.len() < COMPLAINTS {
            self.complaints.insert(key, Complaint { first: line, count: 1 });
        }
    }

    fn evidence(self) -> Evidence {
        let mut evidence = Evidence {
            began: self.began,
            traces: self.traces,
            moments: self.moments,
            complaints: self.complaints.into_values().collect(),
            missing: self.missing,
        };
        let order = |line: &Line| line.at_us.unwrap_or(i64::MAX);
        evidence.traces.values_mut().for_each(|lines| lines.sort_by_key(order));
        evidence
            .moments
            .iter_mut()
            .for_each(|moment| moment.lines.sort_by_key(order));
        evidence.moments.retain(|moment| !moment.lines.is_empty());
        let rank = |complaint: &Complaint| (complaint.first.severity, std::cmp::Reverse(complaint.count));
        evidence.complaints.sort_by_key(rank);
        evidence
    }
}

impl Moment {
    fn take(&mut self, line: &Line, at_us: Option<i64>) {
        let Some(at_us) = at_us else { return };
        let moment = i64::try_from(self.at_us).unwrap_or(i64::MAX);
        if !(moment - BEFORE_US..=moment + AFTER_US).contains(&at_us) {
            return;
        }
        if self.lines.len() < LINES {
            self.lines.push(line.clone());
        } else {
            self.more += 1;
        }
    }
}

/// The moments at which something went wrong: deaths and the first failures of each kind.
fn moments(report: &Report) -> Vec<Moment> {
    let moment = |at_us, what| Moment {
        at_us,
        what,
        lines: Vec::new(),
        more: 0,
    };
    let deaths = report.deaths.iter();
    let deaths = deaths.map(|death| {
        moment(
            death.at_ms * 1_000,
            format!("{} died by itself ({})", death.node, death.how),
        )
    });
    let failures = groups::failures(report).into_iter().map(|group| {
        let step = report
            .samples
            .steps
            .get(group.step)
            .map_or("", |step| step.step.as_str());
        moment(group.first_us, format!("first failure of “{step}”: {}", group.kind))
    });
    let mut all: Vec<Moment> = deaths.chain(failures).take(MOMENTS).collect();
    all.sort_by_key(|moment| moment.at_us);
    all
}
