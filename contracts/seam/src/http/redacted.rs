/// Parts of a parameter's name that make its value a secret.
const SECRET: [&str; 5] = ["pass", "pwd", "secret", "token", "key"];

/// Replaces the passwords in an address by `***`, for error texts and logs: the user's, and those of parameters.
///
/// Takes any text, since an address that is refused is often one of another form, and removes rather too much than
/// too little.
///
/// ```
/// use seam::http::redacted;
///
/// assert_eq!(redacted("postgres://ann:secret@h/db?password=x"), "postgres://ann:***@h/db?password=***");
/// ```
pub fn redacted(address: &str) -> String {
    let (scheme, rest) = address
        .split_once("://")
        .filter(|(scheme, _)| !scheme.contains([':', '@', '=']))
        .map_or(("", address), |(scheme, _)| address.split_at(scheme.len() + 3));
    // The path of a file may contain `@`, and has no user.
    let is_file = scheme.trim_start().to_ascii_lowercase().starts_with("sqlite");
    let Some((user, host)) = rest.rsplit_once('@').filter(|_| !is_file) else {
        return format!("{scheme}{}", without_secrets(rest));
    };
    let name = user.split([':', '/', '?', '#', '&', '=']).next().unwrap_or_default();
    if user.contains(['?', '=']) {
        // The `@` belongs to a parameter, or a `?` to the password: nothing behind the name is certain to be harmless.
        return format!("{scheme}{name}:***");
    }
    format!("{scheme}{name}:***@{}", without_secrets(host))
}

/// Hides the values of parameters: `name=value`, in a query or separated by blanks as in a connection string.
fn without_secrets(text: &str) -> String {
    let parts = text.split_inclusive(['?', '&', ';', ' ']).map(|part| {
        let name = part.split_once('=').map(|(name, _)| name.to_ascii_lowercase());
        // An escape in a name can spell any of the words.
        (
            part,
            name.filter(|name| name.contains('%') || SECRET.iter().any(|word| name.contains(word))),
        )
    });
    let mut shown = String::new();
    let mut hidden = false;
    for (part, secret) in parts {
        if secret.is_some() {
            let name = part.split('=').next().unwrap_or_default();
            shown.push_str(name);
            shown.push_str("=***");
        } else if !hidden {
            shown.push_str(part);
        }
        // Only `&` ends a value for certain; any other separator may be a part of it.
        if secret.is_some() || hidden {
            hidden = !part.ends_with('&');
            if !hidden {
                shown.push('&');
            }
        }
    }
    shown
}
