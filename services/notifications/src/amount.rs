use commerce::Money;

/// Formats an amount for people: `12.50 EUR`, `1250 JPY`.
pub(crate) fn amount(money: Money) -> String {
    let digits = minor_digits(money.currency.as_str());
    let unit = 10_u64.pow(digits);
    let (sign, cents) = (if money.cents < 0 { "-" } else { "" }, money.cents.unsigned_abs());
    let whole = cents / unit;
    if digits == 0 {
        return format!("{sign}{whole} {}", money.currency);
    }
    format!(
        "{sign}{whole}.{:0width$} {}",
        cents % unit,
        money.currency,
        width = digits as usize
    )
}

/// Number of digits of a currency's minor unit (ISO 4217).
fn minor_digits(currency: &str) -> u32 {
    match currency {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "UYI" | "VND"
        | "VUV" | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        "CLF" | "UYW" => 4,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use commerce::Currency;

    use super::*;

    #[test]
    fn amounts_are_written_with_the_digits_of_their_currency() {
        let money = |cents, currency: &str| {
            amount(Money::new(
                cents,
                Currency::try_from(currency.to_owned()).expect("a currency"),
            ))
        };

        assert_eq!(money(1205, "EUR"), "12.05 EUR");
        assert_eq!(money(5, "EUR"), "0.05 EUR");
        assert_eq!(money(-5, "EUR"), "-0.05 EUR");
        assert_eq!(money(1205, "JPY"), "1205 JPY");
        assert_eq!(money(1205, "KWD"), "1.205 KWD");
        assert_eq!(money(i64::MIN, "EUR"), "-92233720368547758.08 EUR");
    }
}
