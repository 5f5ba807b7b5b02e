use std::{collections::BTreeMap, fs, path::Path};

use serde::Deserialize;

/// The ratings of the modules of a process, with their reasons, as a team has written them.
#[derive(Debug)]
pub(super) struct ScoreFile {
    /// The topology that `--lint` looks at if none is named.
    pub(super) topology: Option<String>,
    /// Links of that topology on which no request waits, as `caller->callee`, with the reason.
    pub(super) asynchronous: BTreeMap<String, String>,
    pub(super) modules: BTreeMap<String, Ratings>,
}

/// The ratings of one module. Scaling and communication independence are not among them: those are measured.
#[derive(Debug)]
pub(super) struct Ratings {
    /// The name of its contract.
    pub(super) contract: String,
    pub(super) team: Rating,
    pub(super) deployment_frequency: Rating,
    pub(super) compliance: Rating,
    pub(super) availability: Rating,
    pub(super) data_isolation: Rating,
}

/// One rating, with its reason.
#[derive(Debug, Default)]
pub(super) struct Rating {
    /// 0 to 2; 0 for an aspect of the checklist alone.
    pub(super) points: u8,
    /// True if it speaks for a split; false for an aspect of the score alone.
    pub(super) splits: bool,
    pub(super) reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    topology: Option<String>,
    #[serde(default)]
    asynchronous: BTreeMap<String, String>,
    #[serde(default)]
    module: BTreeMap<String, WrittenModule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenModule {
    contract: Option<String>,
    team: Option<WrittenRating>,
    deployment_frequency: Option<WrittenRating>,
    compliance: Option<WrittenRating>,
    availability: Option<WrittenRating>,
    data_isolation: Option<WrittenRating>,
    /// Read to be refused.
    scaling: Option<toml::Value>,
    /// Read to be refused.
    communication_independence: Option<toml::Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRating {
    rating: Option<i64>,
    splits: Option<bool>,
    reason: Option<String>,
}

/// The parts of a rating that an aspect has.
#[derive(Clone, Copy)]
struct Aspect {
    is_rated: bool,
    is_listed: bool,
}

const BOTH: Aspect = Aspect {
    is_rated: true,
    is_listed: true,
};
const RATED: Aspect = Aspect {
    is_rated: true,
    is_listed: false,
};
const LISTED: Aspect = Aspect {
    is_rated: false,
    is_listed: true,
};

impl ScoreFile {
    /// The name of a module's contract: its own, unless the file has another one.
    pub(super) fn contract<'a>(&'a self, module: &'a str) -> &'a str {
        self.modules
            .get(module)
            .map_or(module, |ratings| ratings.contract.as_str())
    }

    /// Reads a file.
    ///
    /// # Errors
    /// When it can't be read, or anything in it is unknown, missing or out of bounds: each flaw on a line, with its
    /// name, the value seen and the value wanted.
    pub(super) fn read(file: &Path) -> Result<Self, String> {
        let shown = file.display();
        let text = fs::read_to_string(file).map_err(|error| format!("{shown} can't be read: {error}"))?;
        Self::parse(&text).map_err(|flaws| {
            let lines: Vec<String> = flaws.iter().map(|flaw| format!("{shown}: {flaw}")).collect();
            lines.join("\n")
        })
    }

    fn parse(text: &str) -> Result<Self, Vec<String>> {
        let written: Written = toml::from_str(text).map_err(|error| vec![error.to_string().trim_end().to_owned()])?;
        let mut flaws = Vec::new();
        if written.module.is_empty() {
            flaws.push("it rates no module; write a table [module.NAME] for each that may be taken out".to_owned());
        }
        if written.topology.is_none() && !written.asynchronous.is_empty() {
            flaws.push(
                "[asynchronous] has links of no topology; write topology = \"NAME\" of the one that they are of"
                    .to_owned(),
            );
        }
        for (link, reason) in &written.asynchronous {
            if !link.contains("->") {
                flaws.push(format!(
                    "asynchronous.{link:?} names no link, wanted \"caller->callee\""
                ));
            }
            if reason.trim().is_empty() {
                flaws.push(format!(
                    "asynchronous.{link:?} has no reason; say why no request waits on it"
                ));
            }
        }
        let modules = written
            .module
            .into_iter()
            .map(|(name, module)| (name.clone(), ratings(&name, module, &mut flaws)))
            .collect();
        if !flaws.is_empty() {
            return Err(flaws);
        }
        Ok(Self {
            topology: written.topology,
            asynchronous: written.asynchronous,
            modules,
        })
    }
}

fn ratings(name: &str, module: WrittenModule, flaws: &mut Vec<String>) -> Ratings {
    let measured = [
        ("scaling", module.scaling.is_some()),
        (
            "communication-independence",
            module.communication_independence.is_some(),
        ),
    ];
    for (aspect, is_there) in measured {
        if is_there {
            flaws.push(format!(
                "module.{name}.{aspect} is measured and not rated; remove it, and give --url to measure it"
            ));
        }
    }
    let mut rated = |aspect: &str, written, parts| rating(&format!("module.{name}.{aspect}"), written, parts, flaws);
    Ratings {
        team: rated("team", module.team, BOTH),
        deployment_frequency: rated("deployment-frequency", module.deployment_frequency, BOTH),
        compliance: rated("compliance", module.compliance, RATED),
        availability: rated("availability", module.availability, LISTED),
        data_isolation: rated("data-isolation", module.data_isolation, LISTED),
        contract: module.contract.unwrap_or_else(|| name.to_owned()),
    }
}

fn rating(name: &str, written: Option<WrittenRating>, parts: Aspect, flaws: &mut Vec<String>) -> Rating {
    let Aspect { is_rated, is_listed } = parts;
    let form = match (is_rated, is_listed) {
        (true, true) => "{ rating = 0 to 2, splits = true or false, reason = \"...\" }",
        (true, false) => "{ rating = 0 to 2, reason = \"...\" }",
        _ => "{ splits = true or false, reason = \"...\" }",
    };
    let Some(written) = written else {
        flaws.push(format!("{name} is missing; write {form}"));
        return Rating::default();
    };
    let mut wrong = |what: &str| flaws.push(format!("{name}{what}; wanted {form}"));
    let points = match written.rating {
        Some(points @ 0..=2) if is_rated => u8::try_from(points).unwrap_or_default(),
        Some(points) if is_rated => {
            wrong(&format!(".rating is {points}"));
            0
        }
        None if is_rated => {
            wrong(" has no rating");
            0
        }
        Some(_) => {
            wrong(" has a rating, and is part of the checklist alone");
            0
        }
        None => 0,
    };
    match (written.splits, is_listed) {
        (None, true) => wrong(" does not say whether it splits"),
        (Some(_), false) => wrong(" says whether it splits, and is part of the score alone"),
        _ => {}
    }
    let reason = written.reason.unwrap_or_default().trim().to_owned();
    if reason.is_empty() {
        wrong(" has no reason");
    }
    Rating {
        points,
        splits: written.splits.unwrap_or_default(),
        reason,
    }
}
