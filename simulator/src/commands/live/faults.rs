//! `seam fault`: faults on the links of a topology that is up.

use std::collections::BTreeMap;

use clap::{Args, Subcommand};
use faults::{Effect, Fault, Selector, Tally};
use serde::{Deserialize, Serialize};
use tokio::time::sleep;

use super::{LOOK_EVERY, Which, chosen, finished, state::Live};
use crate::{
    backend::Running,
    commands::output,
    topology::{Link, Topology},
};

/// Arguments of `seam fault`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Exit codes: 0 done, 2 refused or could not run; a refusal changes nothing.")]
pub(crate) struct FaultArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Debug, Subcommand)]
enum Command {
    /// Lay a fault on a link: seam fault add "orders->payments" latency delay=200ms
    Add(AddArgs),
    /// List the faults that are laid, with what each met and did
    List(ListArgs),
    /// Lift a fault, or all
    Remove(RemoveArgs),
}

#[derive(Clone, Debug, Args)]
struct AddArgs {
    /// The link, as "caller->callee" or "caller->callee:port"; `outside` and `*` are callers too
    link: String,
    /// The effect and its fields: latency delay=200ms jitter=50ms
    #[arg(value_name = "EFFECT", required_unless_present = "fault")]
    effect: Option<String>,
    /// Fields of the effect
    #[arg(value_name = "FIELD=VALUE")]
    fields: Vec<String>,
    /// The traffic that is meant, in TOML: '{ direction = "to_client", connections = { first = 2 }, for = "30s" }'
    #[arg(long, value_name = "TOML")]
    on: Option<String>,
    /// The fault's name; that of its effect where not given
    #[arg(long)]
    name: Option<String>,
    /// The whole fault, in TOML or JSON, with `name`, `on` and `does`
    #[arg(long, value_name = "FAULT", conflicts_with_all = ["effect", "fields", "on", "name"])]
    fault: Option<String>,
    #[command(flatten)]
    which: Which,
}

#[derive(Clone, Debug, Args)]
struct ListArgs {
    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    which: Which,
}

#[derive(Clone, Debug, Args)]
struct RemoveArgs {
    /// The fault's name
    #[arg(required_unless_present = "all")]
    name: Option<String>,
    /// Lift every fault on every link
    #[arg(long, conflicts_with = "name")]
    all: bool,
    #[command(flatten)]
    which: Which,
}

/// Wish of `seam fault` for the `seam up` that holds the links.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Wish {
    /// Lay a fault on every link of a name, or on none.
    Lay {
        /// Name of the link.
        link: String,
        /// The fault.
        fault: Box<Fault>,
    },
    /// Tell which faults are laid.
    List,
    /// Lift a fault from every link that has it.
    Lift {
        /// Name of the fault.
        name: String,
    },
    /// Lift every fault.
    LiftAll,
}

/// Fault on a link.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Laid {
    link: String,
    fault: Fault,
    tally: Tally,
}

/// Answer to a [`Wish`]: the faults that it was about, or the reason for its refusal.
pub(super) type Granted = Result<Vec<Laid>, String>;

/// Runs `seam fault` and returns the exit code, one of [`crate::exit`].
pub(crate) async fn fault(args: FaultArgs) -> u8 {
    let attempt = async {
        match args.command {
            Command::Add(args) => {
                let fault = Box::new(read(&args)?);
                let (link, name) = (args.link, fault.name().to_owned());
                let laid = grant(&args.which, &Wish::Lay { link, fault }).await?;
                let links: Vec<&str> = laid.iter().map(|one| one.link.as_str()).collect();
                output::note(&format!("{name} is laid on {}", links.join(", ")));
                Ok(())
            }
            Command::List(args) => {
                let laid = grant(&args.which, &Wish::List).await?;
                output::print(&list(&laid, args.json)).map(drop)
            }
            Command::Remove(args) => {
                let wish = args.name.map_or(Wish::LiftAll, |name| Wish::Lift { name });
                let lifted = grant(&args.which, &wish).await?;
                for Laid { link, fault, tally } in &lifted {
                    let (name, Tally { met, fired, .. }) = (fault.name(), tally);
                    output::note(&format!("{name} is lifted from {link}: met {met}, fired {fired}"));
                }
                Ok(())
            }
        }
    };
    finished("fault", attempt.await)
}

/// Has the `seam up` of the run do it.
async fn grant(which: &Which, wish: &Wish) -> Granted {
    let run: Live = chosen(which)?;
    let text = serde_json::to_string(wish).map_err(|error| error.to_string())?;
    let request = run
        .ask(&text)
        .map_err(|error| format!("the request can't be written to {}: {error}", run.folder.display()))?;
    loop {
        if let Some(answer) = run.answer_to(&request) {
            let answer: Granted = serde_json::from_str(&answer).map_err(|error| format!("the answer: {error}"))?;
            return answer;
        }
        if !run.is_up() {
            return Err(format!("{} went down meanwhile", run.state.topology));
        }
        sleep(LOOK_EVERY).await;
    }
}

/// Reads the fault of a command line.
fn read(args: &AddArgs) -> Result<Fault, String> {
    if let Some(whole) = &args.fault {
        let read = if whole.trim_start().starts_with('{') {
            serde_json::from_str(whole).map_err(|error| error.to_string())
        } else {
            toml::from_str(whole).map_err(|error| error.to_string())
        };
        return read.map_err(|error| format!("--fault: {error}"));
    }
    let kind = args.effect.clone().unwrap_or_default();
    let mut fields = toml::Table::new();
    for field in &args.fields {
        let (name, value) = field
            .split_once('=')
            .ok_or_else(|| format!("{field:?} is no field; wanted FIELD=VALUE, such as delay=200ms"))?;
        if fields.insert(name.to_owned(), scalar(value)).is_some() {
            return Err(format!("{name} is given twice"));
        }
    }
    let effect = toml::Table::from_iter([(kind.clone(), toml::Value::Table(fields))]);
    let does: Effect = effect
        .try_into()
        .map_err(|error: toml::de::Error| format!("{kind}: {}", error.message()))?;
    let on = match &args.on {
        Some(text) => selector(text)?,
        None => Selector::default(),
    };
    let name = args.name.clone().unwrap_or(kind);
    Fault::new(name, on, does).map_err(|error| error.to_string())
}

/// Reads a value as a number or a truth where it is one.
fn scalar(text: &str) -> toml::Value {
    match (text.parse(), text.parse()) {
        (Ok(number), _) => toml::Value::Integer(number),
        (_, Ok(truth)) => toml::Value::Boolean(truth),
        _ => toml::Value::String(text.to_owned()),
    }
}

fn selector(text: &str) -> Result<Selector, String> {
    #[derive(Deserialize)]
    struct Line {
        on: Selector,
    }
    let line: Result<Line, _> = toml::from_str(&format!("on = {text}"));
    line.map(|line| line.on)
        .map_err(|error| format!("--on {text}: {}; wanted such as '{{ for = \"30s\" }}'", error.message()))
}

fn list(laid: &[Laid], is_json: bool) -> String {
    if is_json {
        return serde_json::to_string(laid).unwrap_or_default() + "\n";
    }
    if laid.is_empty() {
        output::note("no fault is laid");
        return String::new();
    }
    let mut table = output::table(output::width());
    table.set_header(["link", "fault", "does", "met", "fired", "spared", "masked", "unfit"]);
    for Laid { link, fault, tally } in laid {
        let does = serde_json::to_string(fault.does()).unwrap_or_default();
        let numbers = [tally.met, tally.fired, tally.not_drawn, tally.masked, tally.unfit];
        let texts = [link.clone(), fault.name().to_owned(), does].into_iter();
        table.add_row(texts.chain(numbers.map(|number| number.to_string())));
    }
    table.trim_fmt() + "\n"
}

/// Does what `seam fault` asks for; all of it or, on an error, nothing.
pub(super) fn granted(wish: Wish, topology: &Topology, running: &Running) -> Granted {
    match wish {
        Wish::Lay { link, fault } => lay(&link, &fault, topology, running),
        Wish::List => Ok(laid(topology, running)),
        Wish::Lift { name } => {
            let all = laid(topology, running);
            let names: BTreeMap<&str, &str> = all.iter().map(|one| (one.fault.name(), one.link.as_str())).collect();
            if !names.contains_key(name.as_str()) {
                let names: Vec<&str> = names.into_keys().collect();
                return Err(format!("no fault is called {name:?}; laid are {names:?}"));
            }
            for link in links(topology) {
                // Links that do not have it say so.
                let _ = running.faults(&link).map(|faults| faults.lift(&name));
            }
            Ok(all.into_iter().filter(|one| one.fault.name() == name).collect())
        }
        Wish::LiftAll => {
            let all = laid(topology, running);
            for link in links(topology) {
                if let Some(faults) = running.faults(&link) {
                    faults.lift_all();
                }
            }
            Ok(all)
        }
    }
}

fn lay(name: &str, fault: &Fault, topology: &Topology, running: &Running) -> Granted {
    let links = topology.links_called(name).map_err(|error| error.to_string())?;
    for (number, link) in links.iter().enumerate() {
        let laid = running.faults(link).map_or(Ok(()), |faults| faults.lay(fault.clone()));
        if let Err(error) = laid {
            for link in &links[..number] {
                let _ = running.faults(link).map(|faults| faults.lift(fault.name()));
            }
            return Err(format!("{}: {error}", link.key()));
        }
    }
    let laid = |link: Link| Laid {
        link: link.key(),
        fault: fault.clone(),
        tally: Tally::default(),
    };
    Ok(links.into_iter().map(laid).collect())
}

fn laid(topology: &Topology, running: &Running) -> Vec<Laid> {
    let mut all = Vec::new();
    for link in links(topology) {
        let Some(faults) = running.faults(&link) else {
            continue;
        };
        let tallies = faults.record().tallies;
        all.extend(faults.list().into_iter().map(|fault| Laid {
            link: link.key(),
            tally: tallies.get(fault.name()).copied().unwrap_or_default(),
            fault,
        }));
    }
    all
}

fn links(topology: &Topology) -> impl Iterator<Item = Link> {
    let front_doors = topology.endpoints().into_iter().map(Link::from_outside);
    front_doors.chain(topology.links())
}
