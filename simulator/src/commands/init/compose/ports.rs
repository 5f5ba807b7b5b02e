//! Ports of a service.

use serde_json::Value;

use super::text::with_defaults;

/// A port of a container, and the one at which it is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Port {
    pub(super) container: u16,
    pub(super) published: Option<u16>,
}

/// The ports of a service; an error is a sentence on one that can't be read.
pub(super) fn ports(service: &Value) -> (Vec<Port>, Vec<String>) {
    let (mut ports, mut lost): (Vec<Port>, Vec<String>) = (Vec::new(), Vec::new());
    for key in ["ports", "expose"] {
        for entry in service[key].as_array().into_iter().flatten() {
            match port(entry) {
                Some(port) if ports.iter().any(|other| other.container == port.container) => {}
                Some(port) => ports.push(port),
                None => lost.push(format!("port {entry}, which is a range or of another kind")),
            }
        }
    }
    (ports, lost)
}

fn port(entry: &Value) -> Option<Port> {
    let number = |value: &Value| match value {
        Value::Number(number) => number.as_u64().and_then(|number| u16::try_from(number).ok()),
        Value::String(text) => with_defaults(text).parse().ok(),
        _ => None,
    };
    if entry.is_object() {
        return Some(Port {
            container: number(&entry["target"])?,
            published: number(&entry["published"]),
        });
    }
    if let Some(container) = number(entry) {
        return Some(Port {
            container,
            published: None,
        });
    }
    let text = with_defaults(entry.as_str()?);
    let text = text.strip_suffix("/tcp").unwrap_or(&text);
    // An address of the host may come first, with colons of its own.
    let mut words = text.rsplit(':');
    Some(Port {
        container: words.next()?.parse().ok()?,
        published: words.next().and_then(|word| word.parse().ok()),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_form_of_a_port_is_read_and_a_range_is_said() {
        let service = json!({
            "ports": ["8080:80", 81, "127.0.0.1:9000:82/tcp", "${P:-9001}:83", { "target": 84, "published": "9002" },
                "3000-3005:3000-3005", "53:53/udp"],
            "expose": ["80", "85"],
        });
        let (ports, lost) = ports(&service);
        let ports: Vec<_> = ports.iter().map(|port| (port.container, port.published)).collect();
        let published = [
            (80, Some(8080)),
            (81, None),
            (82, Some(9000)),
            (83, Some(9001)),
            (84, Some(9002)),
            (85, None),
        ];
        assert_eq!(ports, published);
        assert_eq!(lost.len(), 2, "{lost:?}");
    }
}
