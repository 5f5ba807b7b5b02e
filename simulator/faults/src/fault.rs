use std::fmt::Display;

use serde::{Deserialize, Serialize};

use crate::{Effect, LayError, Operations, Selector};

/// Longest name of a fault, in characters.
const LONGEST_NAME: usize = 80;

/// Disturbance of a link: a name, the traffic it is laid on, and what it does to that. Checked when it is made or
/// read, so that one which exists can be laid.
///
/// In TOML:
///
/// ```
/// let fault: faults::Fault = toml::from_str(r#"
///     name = "slow answers"
///     on = { direction = "to_client", connections = { probability = 0.25 }, for = "30s" }
///     does = { latency = { delay = "200ms", jitter = "50ms", distribution = "normal" } }
/// "#)?;
/// assert_eq!(fault.name(), "slow answers");
/// # Ok::<(), toml::de::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked", into = "Unchecked")]
pub struct Fault {
    name: String,
    on: Selector,
    does: Effect,
}

impl Fault {
    /// Makes a fault. Its name identifies it on its proxy, and its chance derives from it.
    ///
    /// # Errors
    /// Fails if a value is outside of its limits, with the field, the value and the limits.
    pub fn new(name: impl Into<String>, on: Selector, does: Effect) -> Result<Self, InvalidFault> {
        let name = name.into();
        let problem = check_name(&name)
            .and_then(|()| on.check())
            .and_then(|()| does.check(&on))
            .err();
        match problem {
            None => Ok(Self { name, on, does }),
            Some(Problem { field, value, wanted }) => Err(InvalidFault {
                fault: name,
                field,
                value,
                wanted,
            }),
        }
    }

    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the traffic it is laid on.
    pub fn on(&self) -> &Selector {
        &self.on
    }

    /// Checks that the OpenAPI document of a callee, if there is one, has what the fault needs: the operation that it
    /// names, and any document for `violate_schema`.
    ///
    /// # Errors
    /// Fails if there is no document, or no such operation in it.
    pub fn fits(&self, operations: Option<&Operations>) -> Result<(), LayError> {
        let requests = self.on.http.as_ref();
        let operation = requests.and_then(|requests| requests.operation.as_ref());
        let needs = operation.is_some() || matches!(self.does, Effect::ViolateSchema(_));
        match (operations, operation) {
            (None, _) if needs => Err(LayError::Undescribed {
                name: self.name.clone(),
            }),
            (Some(operations), Some(operation)) if !operations.has(operation) => Err(LayError::UnknownOperation {
                name: self.name.clone(),
                operation: operation.clone(),
                known: operations.names().into_iter().map(str::to_owned).collect(),
            }),
            _ => Ok(()),
        }
    }

    /// Returns the effect on this traffic.
    pub fn does(&self) -> &Effect {
        &self.does
    }
}

/// A value of a fault that is outside of its limits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("fault `{fault}`: `{field}` is {value}, wanted {wanted}")]
pub struct InvalidFault {
    /// Name of the fault.
    pub fault: String,
    /// Path of the field, such as `does.latency.delay`.
    pub field: String,
    /// The value seen.
    pub value: String,
    /// The limits of this field.
    pub wanted: String,
}

/// An [`InvalidFault`] without the fault's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    field: String,
    value: String,
    wanted: String,
}

impl Problem {
    pub(crate) fn new(field: &str, value: impl Display, wanted: &str) -> Self {
        Self {
            field: field.to_owned(),
            value: value.to_string(),
            wanted: wanted.to_owned(),
        }
    }
}

/// Checks that a number is within its limits, both included.
pub(crate) fn within(field: &str, value: u64, least: u64, most: u64) -> Result<(), Problem> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    let wanted = match most {
        u64::MAX => format!("{least} or more"),
        _ => format!("{least} to {most}"),
    };
    Err(Problem::new(field, value, &wanted))
}

fn check_name(name: &str) -> Result<(), Problem> {
    let length = name.chars().count();
    if (1..=LONGEST_NAME).contains(&length) && !name.chars().any(char::is_control) {
        return Ok(());
    }
    let wanted = format!("1 to {LONGEST_NAME} characters without control characters");
    Err(Problem::new("name", format!("{name:?}"), &wanted))
}

/// The form of a fault in a file.
#[derive(Serialize, Deserialize)]
#[serde(rename = "Fault", deny_unknown_fields)]
struct Unchecked {
    name: String,
    #[serde(default)]
    on: Selector,
    does: Effect,
}

impl TryFrom<Unchecked> for Fault {
    type Error = InvalidFault;

    fn try_from(unchecked: Unchecked) -> Result<Self, InvalidFault> {
        Self::new(unchecked.name, unchecked.on, unchecked.does)
    }
}

impl From<Fault> for Unchecked {
    fn from(fault: Fault) -> Self {
        Self {
            name: fault.name,
            on: fault.on,
            does: fault.does,
        }
    }
}
