use std::{
    collections::BTreeMap,
    env,
    ffi::OsString,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use super::reaper::RUN;
use crate::{
    backend::{NodeError, crash::CrashPoint, runner::Site},
    topology::{Node, PlaceholderValues, Program, ReadyProbe},
};

/// Address on which nodes listen.
const HOST: &str = "127.0.0.1";

/// Program of a node with arguments and environment, all templates filled in.
#[derive(Debug)]
pub(super) struct CommandLine {
    pub(super) program: PathBuf,
    pub(super) args: Vec<String>,
    pub(super) env: Vec<(String, String)>,
    /// Working folder.
    pub(super) folder: PathBuf,
}

impl CommandLine {
    /// `executable` is the file that cargo built for the node, if its program is a cargo binary.
    ///
    /// # Errors
    /// When the program is a cargo binary and there is no such file.
    pub(super) fn new(
        node: &Node,
        site: &Site,
        ports: &BTreeMap<String, u16>,
        executable: Option<&PathBuf>,
    ) -> Result<Self, NodeError> {
        let values = PlaceholderValues {
            data: &site.data,
            host: HOST,
            ports,
            links: &site.links,
        };
        let mut args = Vec::new();
        let program = match &node.program {
            Program::Cargo { bin, .. } => executable.cloned().ok_or_else(|| no_program(node, bin))?,
            Program::Command { program, args: first } => {
                args.extend(first.iter().map(|arg| arg.render(&values)));
                program.render(&values).into()
            }
            Program::Outside { host, .. } => return Err(no_program(node, host)),
            Program::Image => return Err(no_program(node, "an image")),
        };
        args.extend(node.args.iter().map(|arg| arg.render(&values)));
        let env = node
            .env
            .iter()
            .map(|(name, value)| (name.clone(), value.render(&values)));
        let run = (RUN.to_owned(), site.run.clone());
        let point = site.crash.iter().flat_map(CrashPoint::variables);
        Ok(Self {
            program,
            args,
            env: env.chain([run]).chain(point).collect(),
            folder: node.working_folder(&values),
        })
    }

    /// The command with which the program lists its fail points; none of them is armed.
    pub(super) fn listing_points(mut self) -> Self {
        self.args.push("--fail-points".to_owned());
        self.env.retain(|(name, _)| !CrashPoint::is_variable(name));
        self
    }

    /// Command of the node's readiness check, with this command's environment. `None` if the check is no command.
    pub(super) fn check(&self, node: &Node, site: &Site, ports: &BTreeMap<String, u16>) -> Option<Self> {
        let ReadyProbe::Command { program, args } = &node.ready.probe else {
            return None;
        };
        let values = PlaceholderValues {
            data: &site.data,
            host: HOST,
            ports,
            links: &site.links,
        };
        Some(Self {
            program: program.render(&values).into(),
            args: args.iter().map(|arg| arg.render(&values)).collect(),
            env: self.env.clone(),
            folder: self.folder.clone(),
        })
    }

    /// Names a missing folder or program before the shim runs: the shim's own failure would only show in the node's
    /// log. A program with a slash is looked for from the working folder, any other in the node's `PATH`.
    pub(super) fn check_program(&self, node: &Node, site: &Site) -> Result<(), NodeError> {
        let folder = &self.folder;
        if !folder.is_dir() {
            return Err(NodeError::NoFolder {
                node: node.name.clone(),
                folder: site.secrets.hide(&folder.display().to_string()).into(),
            });
        }
        let own = self.env.iter().find(|(name, _)| name == "PATH");
        let path = own.map(|(_, path)| path.into());
        if is_there(&self.program, folder, path) {
            Ok(())
        } else {
            let shown = |path: &Path| site.secrets.hide(&path.display().to_string());
            Err(NodeError::NoProgram {
                node: node.name.clone(),
                program: shown(&self.program),
                folder: is_path(&self.program).then(|| shown(folder).into()),
            })
        }
    }
}

fn no_program(node: &Node, program: &str) -> NodeError {
    NodeError::NoProgram {
        node: node.name.clone(),
        program: program.to_owned(),
        folder: None,
    }
}

/// True if a program, named as nodes name theirs, is there for one that runs in this folder.
pub(crate) fn program_is_there(program: &str, folder: &Path) -> bool {
    is_there(Path::new(program), folder, None)
}

/// True if a program is there: in the folder for a path, otherwise in `path`, or else in `PATH`.
fn is_there(program: &Path, folder: &Path, path: Option<OsString>) -> bool {
    if is_path(program) {
        return is_executable(&folder.join(program));
    }
    let path = path.or_else(|| env::var_os("PATH")).unwrap_or_default();
    env::split_paths(&path).any(|folder| is_executable(&folder.join(program)))
}

/// True for a path. Not by its components: those of `./run.sh` are one.
fn is_path(program: &Path) -> bool {
    program.as_os_str().as_encoded_bytes().contains(&b'/')
}

fn is_executable(file: &Path) -> bool {
    fs::metadata(file).is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}
