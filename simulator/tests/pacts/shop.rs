//! A platform of two in a git repository: a storefront that reads orders.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use ledger::{
    document::Document,
    records::{Ledger, Verification, VerificationResult},
};
use serde_json::{Value, json};

use crate::repository::TestRepository;

pub(crate) struct Shop {
    repository: TestRepository,
}

/// The output of a command, and its exit code.
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Shop {
    /// With a pact, two environments and one commit.
    pub(crate) fn new() -> Self {
        let shop = Self {
            repository: TestRepository::new(),
        };
        shop.write(
            "pacts/environments.toml",
            "[environments]\nproduction = \"\"\nstaging = \"\"\n",
        );
        shop.write_pact(&json!({ "id": { "content": "o-1" } }));
        shop.commit();
        shop
    }

    pub(crate) fn path(&self) -> &Path {
        self.repository.path()
    }

    pub(crate) fn write(&self, path: &str, text: &str) -> PathBuf {
        self.repository.write(path, text)
    }

    /// The storefront's pact with orders, which expects this body.
    pub(crate) fn write_pact(&self, body: &Value) {
        let pact = json!({
            "consumer": { "name": "storefront" }, "provider": { "name": "orders" },
            "interactions": [{
                "type": "Synchronous/HTTP", "description": "an order is read",
                "request": { "method": "GET", "path": "/v2/orders/o-1" },
                "response": { "status": 200, "body": { "contentType": "application/json", "content": body } },
            }],
            "metadata": { "pactSpecification": { "version": "4.0" } },
        });
        self.write("pacts/storefront-orders.json", &pact.to_string());
    }

    /// Commits everything and returns the commit.
    pub(crate) fn commit(&self) -> String {
        self.repository.commit()
    }

    /// Runs `seam` with words divided by spaces.
    pub(crate) fn seam(&self, line: &str) -> Said {
        said(&self.command(line).output().unwrap())
    }

    /// The same where there is no git.
    pub(crate) fn seam_without_git(&self, line: &str) -> Said {
        said(&self.command(line).env("PATH", "/nowhere").output().unwrap())
    }

    /// All that git sees in the working tree.
    pub(crate) fn status(&self) -> String {
        self.repository.git(&["status", "--porcelain", "--untracked-files=all"])
    }

    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_seam"));
        command.args(line.split(' ')).current_dir(self.path());
        command
    }

    /// A version of orders was verified against the pact as it stands, as `seam verify` records it.
    pub(crate) fn verified(&self, version: &str, result: VerificationResult) {
        self.ledger()
            .record_verification(self.verification(version, result))
            .unwrap();
    }

    /// The record of that, which follows none.
    pub(crate) fn verification(&self, version: &str, result: VerificationResult) -> Verification {
        let pact = Document::read(&self.path().join("pacts/storefront-orders.json")).unwrap();
        Verification {
            provider: "orders".to_owned(),
            version: version.to_owned(),
            consumer: "storefront".to_owned(),
            pact: pact.content_hash(),
            interactions: 1,
            result,
            at: "2026-11-21T12:00:00Z".parse().unwrap(),
            tool: "seam 0.1.0".to_owned(),
            follows: Vec::new(),
        }
    }

    pub(crate) fn ledger(&self) -> Ledger {
        Ledger::of_pacts(&self.path().join("pacts"))
    }
}

fn said(output: &Output) -> Said {
    Said {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout.clone()).unwrap(),
        err: String::from_utf8(output.stderr.clone()).unwrap(),
    }
}

impl Said {
    /// Fails unless this was the exit code, and stdout has these words.
    #[track_caller]
    pub(crate) fn is(self, code: i32, words: &str) -> Self {
        assert!(
            self.code == code && self.out.contains(words),
            "{} {}{}",
            self.code,
            self.out,
            self.err
        );
        self
    }

    /// Fails unless it is a refusal: code 2, nothing on stdout, and these words on stderr.
    #[track_caller]
    pub(crate) fn refuses(self, words: &str) {
        let refuses = self.code == 2 && self.out.is_empty() && self.err.contains(words);
        assert!(refuses, "{} {}{}", self.code, self.out, self.err);
    }
}
