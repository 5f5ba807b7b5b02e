//! The program of the nodes in these tests: a web server that says what it can do where it runs.

use std::{
    env, fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process,
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
    thread,
    time::Duration,
};

static PASSES: AtomicUsize = AtomicUsize::new(0);

/// Dies at its one fail point if that is what it was built and told to do (`simulator/FAULTS.md`).
fn pass(point: &str) {
    let (told, file) = (env::var("SEAM_FAIL_POINT"), env::var("SEAM_FAIL_POINT_FILE"));
    let (true, Ok(told), Ok(file)) = (cfg!(feature = "fail-points"), told, file) else {
        return;
    };
    let (name, nth) = told.split_once(':').unwrap();
    if name == point && fs::exists(&file).unwrap() {
        let is_last = PASSES.fetch_add(1, SeqCst) + 1 >= nth.parse().unwrap();
        if is_last && fs::remove_file(&file).is_ok() {
            process::abort();
        }
    }
}

fn main() {
    if env::args().any(|arg| arg == "--fail-points") {
        println!("web.asked");
        return;
    }
    let listener = TcpListener::bind(env::var("LISTEN").unwrap()).unwrap();
    println!("open for business");
    for stream in listener.incoming().flatten() {
        thread::spawn(move || serve(stream));
    }
}

fn serve(mut stream: TcpStream) {
    let mut line = String::new();
    let mut head = BufReader::new(stream.try_clone().unwrap());
    head.read_line(&mut line).unwrap();
    loop {
        let mut header = String::new();
        if head.read_line(&mut header).unwrap_or(0) <= 2 {
            break;
        }
    }
    let path = line.split(' ').nth(1).unwrap_or("/").to_owned();
    println!("asked for {path}");
    pass("web.asked");
    let answer = answer(&path);
    let status = if answer.is_ok() { "200 OK" } else { "502 Bad Gateway" };
    let body = answer.unwrap_or_else(|error| error);
    let length = body.len();
    let _ = write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
}

fn answer(path: &str) -> Result<String, String> {
    let text = |error: std::io::Error| error.to_string();
    if let Some(address) = path.strip_prefix("/dial/") {
        let connected = TcpStream::connect_timeout(&address.parse().unwrap(), Duration::from_secs(2));
        return connected.map(|_| "reached".to_owned()).map_err(text);
    }
    if let Some(path) = path.strip_prefix("/write") {
        return fs::write(path, "x").map(|()| "written".to_owned()).map_err(text);
    }
    match path {
        // Adds a row to its data, and says how many there are.
        "/rows" => {
            let rows = format!("{}/rows", env::var("DATA").unwrap());
            let mut file = fs::File::options().create(true).append(true).open(&rows).map_err(text)?;
            file.write_all(b"row\n").map_err(text)?;
            Ok(fs::read_to_string(&rows).map_err(text)?.lines().count().to_string())
        }
        // Asks the node that STORE leads to.
        "/store" => {
            let mut store = TcpStream::connect(env::var("STORE").unwrap()).map_err(text)?;
            store.write_all(b"GET / HTTP/1.1\r\nHost: store\r\nConnection: close\r\n\r\n").map_err(text)?;
            let mut said = String::new();
            store.read_to_string(&mut said).map_err(text)?;
            said.contains("open").then_some(said.clone()).ok_or(said)
        }
        "/user" => {
            let status = fs::read_to_string("/proc/self/status").map_err(text)?;
            let wanted = |line: &&str| line.starts_with("Uid:") || line.starts_with("CapEff:");
            Ok(status.lines().filter(wanted).collect::<Vec<_>>().join(" "))
        }
        "/die" => process::exit(3),
        _ => Ok("open".to_owned()),
    }
}
