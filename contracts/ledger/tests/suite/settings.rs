//! Environments, and services without contracts.

use ledger::records::Settings;

fn settings(text: &str) -> Result<Settings, String> {
    Settings::parse("pacts/environments.toml".as_ref(), text).map_err(|error| error.to_string())
}

#[test]
fn environments_and_services_without_contracts_are_declared_with_reasons() {
    let settings = settings(
        "[environments]\nstaging = \"for us\"\nproduction = \"for customers\"\n[no-contracts]\nmailer = \"it relays\"",
    )
    .unwrap();
    assert_eq!(settings.no_contracts["mailer"], "it relays");
    assert!(settings.environment("production").is_ok());
    assert_eq!(
        settings.environment("prodution").unwrap_err().to_string(),
        "there is no environment 'prodution'; did you mean 'production'?; known are production, staging; \
         pacts/environments.toml declares them"
    );
    assert!(
        !settings
            .environment("moon")
            .unwrap_err()
            .to_string()
            .contains("did you mean")
    );
}

#[test]
fn settings_that_are_missing_or_wrong_are_refused_by_their_file() {
    let said = settings("[environments]\na = \"\"\n[no-contract]\nb = \"c\"").unwrap_err();
    assert!(
        said.starts_with("pacts/environments.toml does not declare environments: ") && said.contains("no-contract"),
        "{said}"
    );
    let said = settings("[environments]\n[no-contracts]\nmailer = \" \"").unwrap_err();
    assert!(
        said.contains("[no-contracts] gives no reason for mailer; wanted the reason why"),
        "{said}"
    );
    let said = Settings::of_pacts("no/such".as_ref()).unwrap_err().to_string();
    assert!(
        said.starts_with("cannot read no/such/environments.toml: ") && said.contains("[environments] production ="),
        "{said}"
    );
}
