use seam::http::redacted;

const SECRET: &str = "s3cr3t";

#[test]
fn no_form_of_an_address_shows_its_password() {
    for address in [
        "mysql://root:s3cr3t@h/x",
        "POSTGRES://u:s3cr3t@h/db",
        " postgres://u:s3cr3t@h/db",
        "postgres://u:s3cr3t@h,i/db",
        "postgres://u:s3cr3t@s3cr3t@h/db",
        "postgres://u:s3cr3t/s3cr3t@h/db",
        "postgres://u:s3cr3t?s3cr3t@h/db",
        "postgres://u:s3cr3t#s3cr3t@h/db",
        "postgres://h/db?user=u&password=s3cr3t&sslmode=nonsense",
        "postgres://h/db?PassWord=s3cr3t",
        "postgres://h/db?pass%77ord=s3cr3t",
        "postgres://h/db?password=s3cr3t;s3cr3t s3cr3t",
        "postgres://h/db?password=s3cr3t@s3cr3t",
        "postgres://u:s3cr3t@h/db?user=a@b",
        "postgres://h/db?user=u&sslkey=s3cr3t",
        "postgres:u:s3cr3t@h/db",
        "postgres:/u:s3cr3t@h/db",
        "u:s3cr3t://s3cr3t@h/db",
        "u:s3cr3t@h",
        "jdbc:postgresql://h/db?user=u&password=s3cr3t",
        "host=h user=u password=s3cr3t dbname=d",
        "host=h user=u password='s3cr3t s3cr3t'",
        "http://user:s3cr3t@h",
        "https://h/hook?api_key=s3cr3t",
        "sqlite://file.db?key=s3cr3t",
    ] {
        let shown = redacted(address);

        assert!(
            !shown.contains(SECRET) && shown.contains("***"),
            "{address} is shown as {shown}"
        );
    }
}

#[test]
fn what_holds_no_password_is_shown_as_it_is() {
    for address in [
        "",
        "here",
        "ftp://x",
        "http://127.0.0.1:8080/api?page=2&page_size=3",
        "sqlite:///data/a@b/{module}.db?mode=ro",
        "postgres://h:5432/db?sslmode=nonsense",
    ] {
        assert_eq!(redacted(address), address);
    }
    assert_eq!(
        redacted("postgres://u:p@h/db?sslmode=x"),
        "postgres://u:***@h/db?sslmode=x"
    );
    assert_eq!(
        redacted("postgres://h/db?password=p&a=b"),
        "postgres://h/db?password=***&a=b"
    );
}
