use std::path::{Component, Path, PathBuf};

/// Schemes of addresses, the one that each is shown with, and the port that an address without one means.
const SCHEMES: [(&str, &str, &str); 5] = [
    ("postgres", "postgres", ":5432"),
    ("postgresql", "postgres", ":5432"),
    ("mysql", "mysql", ":3306"),
    ("mariadb", "mysql", ":3306"),
    ("mongodb", "mongodb", ":27017"),
];

/// The address of a database without its password and options, the same one for all ways to write it. Two users of
/// one server are two owners.
pub(super) fn address(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else {
        return without_options(text).to_owned();
    };
    if scheme.starts_with("sqlite") {
        return format!("{scheme}://{}", normal(Path::new(without_options(rest))).display());
    }
    let known = SCHEMES.iter().find(|(name, ..)| *name == scheme);
    let (_, scheme, port) = known.copied().unwrap_or((scheme, scheme, ""));
    let (user, place) = user_and_place(rest);
    let place = without_port(place, port);
    match user {
        None => format!("{scheme}://{place}"),
        Some(user) => {
            let name = user.split_once(':').map_or(user, |(name, _)| name);
            format!("{scheme}://{name}@{place}")
        }
    }
}

fn without_options(text: &str) -> &str {
    text.split_once('?').map_or(text, |(text, _)| text)
}

/// The user with the password, and the host with the name of the database. A password may hold what should be encoded
/// there, `@`, `/` and `?`: it ends at the last `@` before the options.
fn user_and_place(rest: &str) -> (Option<&str>, &str) {
    let before = &rest[..options(rest)];
    match before.rsplit_once('@') {
        Some((user, place)) => (Some(user), place),
        None if is_place(before) => (None, before),
        // What looks like options is a part of the password.
        None => rest
            .rsplit_once('@')
            .map_or((None, before), |(user, place)| (Some(user), place)),
    }
}

/// The place of the first `?` behind which there are only options, such as `ssl=off&tls`, or the end.
fn options(rest: &str) -> usize {
    let is_name = |text: &str| text.chars().all(|it| it.is_ascii_alphanumeric() || "_-.".contains(it));
    let are_options = |text: &str| {
        let mut options = text.split('&');
        options.all(|option| is_name(option.split_once('=').map_or(option, |(name, _)| name)))
    };
    let mut marks = rest.match_indices('?').map(|(at, _)| at);
    marks.find(|at| are_options(&rest[at + 1..])).unwrap_or(rest.len())
}

/// True if this may be hosts and the name of a database, and not a user and a part of a password.
fn is_place(text: &str) -> bool {
    hosts_and_name(text).0.split(',').all(|host| {
        let host = host.rsplit_once(']').map_or(host, |(_, port)| port);
        let port = host.split_once(':').map_or("", |(_, port)| port);
        port.chars().all(|it| it.is_ascii_digit())
    })
}

fn without_port(place: &str, port: &str) -> String {
    let (hosts, name) = hosts_and_name(place);
    let hosts = hosts.split(',').map(|host| host.strip_suffix(port).unwrap_or(host));
    hosts.collect::<Vec<&str>>().join(",") + name
}

fn hosts_and_name(place: &str) -> (&str, &str) {
    place.split_at(place.find('/').unwrap_or(place.len()))
}

/// A path without `.` and `..`.
fn normal(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut normal, part| {
        match part {
            Component::ParentDir => {
                normal.pop();
            }
            Component::CurDir => {}
            part => normal.push(part),
        }
        normal
    })
}
