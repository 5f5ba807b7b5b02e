use std::time::Duration;

use shared::{
    Settings, SettingsError,
    settings::{Declarations, Declared, optional, required, standard},
};

const DECLARED: &[Declared] = &[
    required(&standard::LISTEN),
    required(&standard::ORDERS_URL),
    optional(&standard::PAYMENTS_URL),
    required(&standard::CALL_TIMEOUT_MS),
    required(&standard::SMTP_ADDRESS),
];

const ENOUGH: [(&str, &str); 2] = [("ORDERS_URL", "http://orders:80"), ("SMTP_ADDRESS", "mail:25")];

fn with(name: &'static str, value: &'static str) -> Result<Settings, SettingsError> {
    Settings::from_pairs(DECLARED, ENOUGH.into_iter().chain([(name, value)]))
}

#[test]
fn what_is_absent_has_its_default_or_is_absent() {
    let settings = Settings::from_pairs(DECLARED, ENOUGH).unwrap();

    assert_eq!(settings.get(&standard::LISTEN).unwrap().to_string(), "127.0.0.1:0");
    assert_eq!(settings.get(&standard::CALL_TIMEOUT_MS), Ok(Duration::from_secs(2)));
    assert_eq!(settings.find(&standard::PAYMENTS_URL), Ok(None));
    assert_eq!(settings.get(&standard::SMTP_ADDRESS), Ok(("mail".to_owned(), 25)));
    assert!(matches!(
        settings.get(&standard::PAYMENTS_URL),
        Err(SettingsError::Missing {
            name: "PAYMENTS_URL",
            ..
        })
    ));
}

#[test]
fn an_empty_variable_is_an_absent_one() {
    assert_eq!(
        with("PAYMENTS_URL", "").unwrap().find(&standard::PAYMENTS_URL),
        Ok(None)
    );
}

#[test]
fn a_bad_value_is_named_with_what_was_seen_and_what_is_wanted() {
    for (name, value, wanted) in [
        ("LISTEN", "here", "an address and port such as 127.0.0.1:8080"),
        ("ORDERS_URL", "orders:80", "a base URL such as http://127.0.0.1:8080"),
        ("PAYMENTS_URL", "ftp://x", "a base URL such as http://127.0.0.1:8080"),
        ("CALL_TIMEOUT_MS", "-1", "a whole number of milliseconds, 1 to 3600000"),
        ("CALL_TIMEOUT_MS", "0", "a whole number of milliseconds, 1 to 3600000"),
        ("SMTP_ADDRESS", ":25", "host:port such as 127.0.0.1:25"),
    ] {
        assert_eq!(
            with(name, value).unwrap_err().to_string(),
            format!("{name} is {value:?}, wanted {wanted}")
        );
    }
}

#[test]
fn a_bad_value_is_named_without_its_password() {
    let declared = [
        required(&standard::DATABASE_URL),
        required(&standard::ORDERS_URL),
        required(&standard::SMTP_ADDRESS),
    ];
    for (name, value) in [
        ("DATABASE_URL", "mysql://root:s3cr3t@h/x"),
        ("DATABASE_URL", "POSTGRES://u:s3cr3t@h/db"),
        ("DATABASE_URL", " postgres://u:s3cr3t@h/db"),
        ("ORDERS_URL", "http://user:s3cr3t@h"),
        ("SMTP_ADDRESS", "smtp://user:s3cr3t@h:none"),
    ] {
        let pairs = ENOUGH.into_iter().chain([(name, value)]);
        let error = Settings::from_pairs(&declared, pairs).unwrap_err().to_string();

        assert!(error.starts_with(name) && error.contains("***"), "{error}");
        assert!(!error.contains("s3cr3t"), "{error}");
    }
}

#[test]
fn everything_that_is_wrong_is_reported_at_once() {
    let error = Settings::from_pairs(DECLARED, [("LISTEN", "here")])
        .unwrap_err()
        .to_string();

    let lines: Vec<_> = error.lines().collect();
    assert_eq!(lines.len(), 3, "{error}");
    for name in ["LISTEN", "ORDERS_URL", "SMTP_ADDRESS"] {
        assert!(lines.iter().any(|line| line.starts_with(name)), "{error}");
    }
}

#[test]
fn help_lists_every_variable_with_its_default() {
    let help = Settings::help("tested", "Is tested.", DECLARED);

    for part in [
        "Is tested.",
        "LISTEN",
        "default 127.0.0.1:0",
        "ORDERS_URL",
        "required",
        "PAYMENTS_URL",
        "optional",
    ] {
        assert!(help.contains(part), "{part} is not in\n{help}");
    }
}

#[test]
fn values_do_not_show_in_debug_output() {
    let shown = format!("{:?}", with("PAYMENTS_URL", "http://secret").unwrap());

    assert!(shown.contains("PAYMENTS_URL") && !shown.contains("secret"), "{shown}");
}

#[test]
fn a_variable_of_several_modules_stands_in_the_declarations_once_and_is_required_if_one_needs_it() {
    let more = [
        required(&standard::PAYMENTS_URL),
        optional(&standard::ORDERS_URL),
        optional(&standard::LEASE_MS),
    ];

    let declared = Declarations::from(DECLARED).and(&more);

    let names: Vec<_> = declared.iter().map(Declared::name).collect();
    let wanted = [
        "LISTEN",
        "ORDERS_URL",
        "PAYMENTS_URL",
        "CALL_TIMEOUT_MS",
        "SMTP_ADDRESS",
        "LEASE_MS",
    ];
    assert_eq!(names, wanted);
    let error = Settings::from_pairs(&declared, [("SMTP_ADDRESS", "mail:25")])
        .unwrap_err()
        .to_string();
    let missing: Vec<_> = error.lines().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(missing, ["ORDERS_URL", "PAYMENTS_URL"]);
}

#[test]
fn what_is_optional_may_be_absent_but_not_malformed() {
    let declared = Declarations::from(DECLARED).all_optional();

    assert!(Settings::from_pairs(&declared, []).is_ok());
    let error = Settings::from_pairs(&declared, [("ORDERS_URL", "orders:80")]).unwrap_err();
    assert!(
        matches!(error, SettingsError::Malformed { name: "ORDERS_URL", .. }),
        "{error}"
    );
}
