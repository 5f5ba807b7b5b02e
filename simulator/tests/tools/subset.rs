//! Some of the nodes of a topology, and completions for shells.

use std::process::Command;

use serde_json::Value;

use crate::folder::Folder;

fn shop() -> Folder {
    let folder = Folder::new();
    let node = |name: &str, rest: &str| format!("[node.{name}]\ncommand = ['sleep', '600']\nports = []\n{rest}\n");
    let nodes = [
        node("db", ""),
        node("web", "needs = ['db']\nlinks = ['mail']").replace("ports = []\n", "ready = { command = ['true'] }\n"),
        node("mail", "needs = ['db']").replace("ports = []\n", "ready = { command = ['true'] }\n"),
        node("clock", "instances = 2"),
    ];
    let text = format!(
        "name = 'shop'\n[roles]\npost = 'mail'\n{}[profile.front]\nnodes = ['web']\n\
         [profile.time]\nnodes = ['clock']\n",
        nodes.concat()
    );
    folder.write("shop.toml", &text);
    folder
}

/// The nodes that are up after these arguments.
fn up(folder: &Folder, args: &[&str]) -> Vec<String> {
    folder.seam(&[&["up", "shop.toml", "-d"], args].concat()).is(0);
    let runs: Value = serde_json::from_str(&folder.seam(&["ps", "--json"]).out).unwrap();
    let nodes = runs[0]["up"]["nodes"].as_array().unwrap();
    let names = nodes
        .iter()
        .map(|node| node["name"].as_str().unwrap().to_owned())
        .collect();
    folder.seam(&["down"]).is(0);
    names
}

#[test]
fn a_profile_or_some_nodes_come_up_with_what_they_need() {
    let folder = shop();
    assert_eq!(up(&folder, &[]), ["db", "web", "mail", "clock-1", "clock-2"]);
    assert_eq!(up(&folder, &["--profile", "front"]), ["db", "web"]);
    let both = ["--profile", "front", "--profile", "time"];
    assert_eq!(up(&folder, &both), ["db", "web", "clock-1", "clock-2"]);
    assert_eq!(
        up(&folder, &["--only", "mail", "clock"]),
        ["db", "mail", "clock-1", "clock-2"]
    );
}

#[test]
fn a_profile_or_a_node_that_is_not_there_is_refused_with_those_that_are() {
    let folder = shop();
    let refuses = |args: &[&str], words: &str| folder.seam(&[&["up", "shop.toml"], args].concat()).refuses(words);
    refuses(
        &["--profile", "frnt"],
        "shop.toml has no profile 'frnt'; it has front, time",
    );
    refuses(
        &["--only", "wbe"],
        "shop.toml has no node 'wbe'; it has clock, db, mail, web",
    );
    refuses(&["--only", "web", "--profile", "front"], "cannot be used with");
}

#[test]
fn a_scenario_that_asks_what_a_profile_leaves_out_is_refused_before_the_start() {
    let folder = shop();
    let scenario = "name = 's'\nabout = ''\ntopology = 'shop.toml'\n[workload]\ncount = 1\nconcurrency = 1\n[[step]]\n\
                    name = 'a'\nnode = 'post'\npath = '/'\n[[invariant]]\nname = 'i'\nviolations = 'SELECT 1'\n\
                    checked = 'SELECT 1'\n";
    folder.write("s.toml", scenario);
    folder.seam(&["check", "s.toml"]).is(0);
    folder
        .seam(&["run", "./s.toml", "--profile", "front"])
        .refuses("step \"a\" names 'post', and topology shop has no such node or role");
    assert_eq!(folder.names("."), ["s.toml", "shop.toml"]);
}

#[test]
fn completions_are_those_of_the_commands_and_their_shell_reads_them() {
    let folder = Folder::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = folder.seam(&["completions", shell]).is(0).out;
        for word in ["can-i-deploy", "keep-runs", "completions"] {
            assert!(script.contains(word), "{shell} does not complete {word}");
        }
        let file = folder.write(&format!("seam.{shell}"), &script);
        let mut command = Command::new(shell);
        if command.arg("--version").output().is_err() {
            eprintln!("left out: {shell} is not here to read its completions");
            continue;
        }
        let mut command = Command::new(shell);
        command.arg("-n").arg(file);
        folder.ended(command).is(0);
    }
    let mut bash = Command::new("bash");
    bash.args([
        "-c",
        "source seam.bash; COMP_WORDS=(seam cl); COMP_CWORD=1; _seam seam cl seam; echo ${COMPREPLY[@]}",
    ]);
    assert_eq!(folder.ended(bash).is(0).out, "clean\n");
    folder.seam(&["completions", "tcsh"]).refuses("invalid value 'tcsh'");
}
