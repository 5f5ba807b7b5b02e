//! Clients of Toxiproxy, unchanged, which drive `seam proxy` and measure what each toxic does.

use std::{
    io::{self, BufRead, BufReader, Read},
    net::{Shutdown, TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use crate::tools::named;

/// Longest time for all checks of one client.
const LIMIT: Duration = Duration::from_secs(180);
/// Least number of checks of a client: fewer mean that its script did not run to its end.
const LEAST: usize = 13;

/// A client of Toxiproxy with its script.
struct Client {
    name: &'static str,
    command: Command,
}

/// Drives `seam proxy` with each client. Prints a line for each; returns true if all checks of all are as they should
/// be.
pub(crate) fn drive() -> Result<bool, String> {
    let mut agreed = true;
    for client in clients()? {
        let (checks, wrong) = checks(client)?;
        agreed &= wrong == 0 && checks >= LEAST;
    }
    Ok(agreed)
}

fn clients() -> Result<[Client; 2], String> {
    let script = |name: &str| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("interop").join(name);
    let mut python = Command::new(named("SEAM_INTEROP_PYTHON")?);
    python.arg(script("drive.py"));
    let package = named("SEAM_INTEROP_TOXIPROXY_NODE")?;
    let mut node = Command::new("node");
    node.arg(script("drive.js")).arg(package.parent().unwrap_or(&package));
    Ok([
        Client {
            name: "toxiproxy-python",
            command: python,
        },
        Client {
            name: "toxiproxy-node-client",
            command: node,
        },
    ])
}

/// Runs the script of a client; returns the numbers of its checks and of those that are wrong.
#[expect(clippy::print_stdout, reason = "it is the result")]
fn checks(client: Client) -> Result<(usize, usize), String> {
    let Client { name, mut command } = client;
    let failed = |error: io::Error| format!("{name} can't be run: {error}");
    let (proxy, api) = proxy().map_err(failed)?;
    let echo = echo().map_err(failed)?;
    command
        .args([api, echo.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    let mut child = Running(command.spawn().map_err(failed)?);
    let mut said = child.0.stdout.take().ok_or("its output is not to be had")?;
    let (sends, output) = mpsc::channel();
    thread::spawn(move || {
        let mut text = String::new();
        let _ = sends.send(said.read_to_string(&mut text).map(|_| text));
    });
    let text = output
        .recv_timeout(LIMIT)
        .map_err(|_| format!("{name} has not ended after {LIMIT:?}"))?;
    let text = text.map_err(failed)?;
    let status = child.0.wait().map_err(failed)?;
    drop(proxy);
    let checks = text.lines().filter(|line| line.starts_with("ok ")).count();
    let wrong = text.lines().filter(|line| line.starts_with("WRONG ")).count();
    println!("{text}{name}: {checks} checks are as they should be, {wrong} are not, and it ended with {status}");
    Ok((checks, wrong + usize::from(!status.success())))
}

/// A child process that is killed when this is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts `seam proxy`; returns it with the port of its API.
fn proxy() -> io::Result<(Running, String)> {
    let mut command = tests::seam();
    command
        .args(["proxy", "--port", "0", "--seed", "1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut running = Running(command.spawn()?);
    let mut line = String::new();
    if let Some(stdout) = running.0.stdout.take() {
        BufReader::new(stdout).read_line(&mut line)?;
    }
    let port = line.trim().rsplit(':').next().unwrap_or_default().to_owned();
    Ok((running, port))
}

/// Listens, and sends every connection its own bytes back, for as long as the process lives. Returns the port.
fn echo() -> io::Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    let each = |mut stream: TcpStream| {
        let _ = io::copy(&mut { &stream }, &mut { &stream });
        let _ = io::Write::flush(&mut stream);
        let _ = stream.shutdown(Shutdown::Write);
    };
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || each(stream));
        }
    });
    Ok(port)
}
