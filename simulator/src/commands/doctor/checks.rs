use std::{
    env,
    net::{Ipv4Addr, TcpListener},
    path::Path,
};

use crate::backend::{self, Engine};

use super::{
    finding::Finding,
    machine::{first_line, free_bytes, open_files},
    version::version,
};

/// Rough disk space for a debug and a release build of a workspace, with its runs.
const DISK_BYTES: u64 = 4 << 30;
/// File descriptors that a scenario may need: each proxied connection takes two of `seam`.
const OPEN_FILES: u64 = 4_096;

/// Runs every check. Needed things come first in the result.
pub(super) async fn all() -> Vec<Finding> {
    let tools = futures::future::join5(rust(), c_compiler(), just(), docker(), static_libc());
    let (rust, c_compiler, just, docker, static_libc) = tools.await;
    let here = env::current_dir().unwrap_or_default();
    let disk = disk(&here, free_bytes(&here).map_err(|error| error.to_string()));
    vec![
        rust,
        c_compiler,
        disk,
        files(open_files()),
        loopback(),
        just,
        docker,
        static_libc,
    ]
}

async fn rust() -> Finding {
    let install = "install Rust: curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh";
    let cargo = env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let (cargo, rustc) =
        futures::future::join(first_line(&cargo, &["--version"]), first_line("rustc", &["--version"])).await;
    match (cargo, rustc) {
        (Ok(_), Ok(rustc)) => rust_of(&rustc, env!("CARGO_PKG_RUST_VERSION")),
        (Err(reason), _) => Finding::lacks("rust", format!("cargo: {reason}"), install),
        (_, Err(reason)) => Finding::lacks("rust", format!("rustc: {reason}"), install),
    }
}

fn rust_of(found: &str, wanted: &str) -> Finding {
    if version(found) >= version(wanted) {
        return Finding::good("rust", found);
    }
    Finding::lacks(
        "rust",
        format!("{found}, wanted {wanted} or later"),
        "rustup update stable",
    )
}

async fn c_compiler() -> Finding {
    let compiler = env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    match first_line(&compiler, &["--version"]).await {
        Ok(found) => Finding::good("c compiler", found),
        Err(reason) => Finding::lacks(
            "c compiler",
            format!("{compiler}: {reason}"),
            "SQLite is compiled from source and needs a C compiler: sudo apt-get install build-essential (Debian, \
             Ubuntu), sudo dnf install gcc (Fedora), xcode-select --install (macOS)",
        ),
    }
}

async fn just() -> Finding {
    match first_line("just", &["--version"]).await {
        Ok(found) => Finding::good("just", found),
        Err(reason) => Finding::without(
            "just",
            format!("{reason}; the recipes of the justfile cannot be called by name"),
            "cargo install --locked just",
        ),
    }
}

async fn docker() -> Finding {
    match backend::engine().await {
        Ok(Engine { version, lacks: None }) => Finding::good("docker", format!("engine {version}")),
        Ok(Engine {
            version,
            lacks: Some((reason, mend)),
        }) => Finding::without(
            "docker",
            format!("engine {version}, and {reason}; nodes can't run in its containers (--backend containers)"),
            mend,
        ),
        Err(reason) => Finding::without(
            "docker",
            format!(
                "{reason}; tests against PostgreSQL in containers are skipped, and nodes can't run in containers \
                 (--backend containers)"
            ),
            "install and start a Docker engine: https://docs.docker.com/engine/install; another one than that of this \
             machine is named by DOCKER_HOST",
        ),
    }
}

/// The C library to link programs with that run in an image of their own.
async fn static_libc() -> Finding {
    let compiler = env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    match first_line(&compiler, &["-print-file-name=libc.a"]).await {
        // One that is not found is named without its folder.
        Ok(found) if found.contains('/') => Finding::good("static libc", found),
        Ok(_) => Finding::without(
            "static libc",
            "libc.a: not found; cargo binaries can't be built for containers (--backend containers)",
            "sudo apt-get install libc6-dev (Debian, Ubuntu), sudo dnf install glibc-static (Fedora)",
        ),
        Err(reason) => Finding::without(
            "static libc",
            format!("{compiler}: {reason}"),
            "install a C compiler first",
        ),
    }
}

fn disk(folder: &Path, free: Result<u64, String>) -> Finding {
    let mend = "make room, or set CARGO_TARGET_DIR to a folder on a larger disk";
    match free {
        Ok(free) if free >= DISK_BYTES => Finding::good("disk", format!("{} free", gigabytes(free))),
        Ok(free) => {
            let found = format!(
                "{} free in {}, wanted {}",
                gigabytes(free),
                folder.display(),
                gigabytes(DISK_BYTES)
            );
            Finding::lacks("disk", found, mend)
        }
        Err(reason) => Finding::lacks("disk", reason, mend),
    }
}

fn files(limit: Option<u64>) -> Finding {
    match limit {
        None => Finding::good("open files", "no limit"),
        Some(limit) if limit >= OPEN_FILES => Finding::good("open files", format!("up to {limit}")),
        Some(limit) => Finding::lacks(
            "open files",
            format!("up to {limit}, wanted {OPEN_FILES}"),
            format!("ulimit -Hn {OPEN_FILES} (as root, or in /etc/security/limits.conf: * hard nofile {OPEN_FILES})"),
        ),
    }
}

fn loopback() -> Finding {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, 0)) {
        Ok(_) => Finding::good("loopback", "127.0.0.1 can be listened on"),
        Err(error) => Finding::lacks("loopback", error.to_string(), "bring it up: sudo ip link set lo up"),
    }
}

fn gigabytes(bytes: u64) -> String {
    format!("{}.{} GiB", bytes >> 30, ((bytes >> 20) & 1023) * 10 / 1024)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::doctor::finding::FindingVerdict;

    #[test]
    fn an_old_compiler_lacks_and_says_how_to_get_a_new_one() {
        let finding = rust_of("rustc 1.70.0 (90c541806 2023-05-31)", "1.95");
        assert_eq!(
            (finding.verdict, finding.mend.as_deref()),
            (FindingVerdict::Lacks, Some("rustup update stable"))
        );
        assert_eq!(rust_of("rustc 1.95.0 (x)", "1.95").verdict, FindingVerdict::Good);
    }

    #[test]
    fn a_full_disk_and_few_files_lack() {
        let tight = disk(Path::new("/here"), Ok(DISK_BYTES - 1));
        assert_eq!(tight.verdict, FindingVerdict::Lacks);
        assert_eq!(tight.found, "3.9 GiB free in /here, wanted 4.0 GiB");
        assert_eq!(disk(Path::new("/here"), Ok(DISK_BYTES)).verdict, FindingVerdict::Good);
        assert_eq!(files(Some(1_024)).verdict, FindingVerdict::Lacks);
        assert_eq!(files(None).verdict, FindingVerdict::Good);
    }
}
