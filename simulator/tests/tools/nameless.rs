//! `seam up` without the name of a topology.

use std::{
    fs,
    path::Path,
    process::{Command, Output, Stdio},
};

/// A topology without anything that can be started, so that `seam up` ends at once and says which one it took.
fn topology(name: &str) -> String {
    format!("name = '{name}'\n[node.a]\ncommand = ['no-program-of-{name}']\n")
}

fn write(file: &Path, text: &str) {
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

fn up(folder: &Path) -> String {
    let Output { status, stdout, stderr } = Command::new(env!("CARGO_BIN_EXE_seam"))
        .arg("up")
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8(stderr).unwrap();
    assert_eq!((status.code(), stdout.as_slice()), (Some(2), &b""[..]), "{said}");
    said
}

#[test]
fn without_a_name_the_only_topology_of_the_nearest_place_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(&root.join("Cargo.toml"), "[workspace]\n");
    let sub = root.join("some/where");
    fs::create_dir_all(&sub).unwrap();

    // A folder with other files of this kind, and a scenario, has no topology.
    let scenario = "name = 'errand'\nabout = 'It.'\ntopology = 'far'\n[workload]\ncount = 1\nconcurrency = 1\n";
    write(&root.join("errand.toml"), scenario);
    write(&root.join("topologies/parts.toml"), "[node.b]\ncommand = ['b']\n");
    write(&root.join("topologies/notes.toml"), "x = [");
    for place in [root, sub.as_path()] {
        let said = up(place);
        let wanted = format!("no topology is named, and there is none in {}, nor in", place.display());
        assert!(said.contains(&wanted) && said.contains("`seam init`"), "{said}");
        assert!(!said.contains("microservices"), "{said}");
    }

    write(&root.join("topologies/far.toml"), &topology("far"));
    for place in [root, sub.as_path()] {
        let said = up(place);
        assert!(
            said.contains("far.toml") && said.contains("no-program-of-far"),
            "{said}"
        );
    }
    write(&sub.join("near.toml"), &topology("near"));
    assert!(up(&sub).contains("no-program-of-near"));
    assert!(up(root).contains("no-program-of-far"));

    // One with a mistake is not passed over.
    write(&sub.join("near.toml"), "name = 'near'\n[node.a]\ncommand = [\n");
    let said = up(&sub);
    assert!(said.contains("near.toml") && !said.contains("far"), "{said}");
}

#[test]
fn of_several_topologies_the_default_is_taken_or_one_must_be_named() {
    let folder = tempfile::tempdir().unwrap();
    let (root, file) = (folder.path(), |name: &str| folder.path().join("topologies").join(name));
    write(&file("one.toml"), &topology("one"));
    write(&file("two.toml"), &topology("two"));
    let said = up(root);
    for wanted in ["has several topologies, one, two: ", "`seam up one`", "default = true"] {
        assert!(said.contains(wanted), "{said}");
    }

    write(&file("two.toml"), &format!("default = true\n{}", topology("two")));
    assert!(up(root).contains("no-program-of-two"));
    write(&file("one.toml"), &format!("default = true\n{}", topology("one")));
    assert!(up(root).contains("more than one of them says default = true"));

    // In the folder itself they are files.
    for name in ["one", "two"] {
        fs::rename(file(&format!("{name}.toml")), root.join(format!("{name}.toml"))).unwrap();
    }
    let said = up(root);
    assert!(said.contains("has several topologies, one.toml, two.toml: "), "{said}");
}
