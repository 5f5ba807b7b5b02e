//! Whole numbers in JSON text that 64 bits can't hold.

/// Finds the first whole number of a JSON text that 64 bits can't hold: returns its path, as a JSON pointer, and its
/// digits. JSON readers with 64 bits, such as the one here, turn it into the nearest double, so that numbers which
/// differ in their last digits look equal.
///
/// The text has to be sound JSON; what follows a mistake is not looked at.
pub fn beyond_64_bits(text: &[u8]) -> Option<(String, String)> {
    Scan { text, at: 0 }.value("").err()
}

struct Scan<'a> {
    text: &'a [u8],
    at: usize,
}

/// The number that was looked for, if it was found.
type Found = Result<(), (String, String)>;

impl Scan<'_> {
    fn value(&mut self, path: &str) -> Found {
        match self.next_byte() {
            Some(b'{') => self.items(path, b'}', true),
            Some(b'[') => self.items(path, b']', false),
            Some(b'"') => {
                self.string();
                Ok(())
            }
            Some(_) => self.word(path),
            None => Ok(()),
        }
    }

    /// Goes through the fields of an object, or the elements of a list, up to its closing bracket.
    fn items(&mut self, path: &str, end: u8, named: bool) -> Found {
        self.at += 1;
        for index in 0_usize.. {
            if self.next_byte() == Some(b',') {
                self.at += 1;
            }
            match self.next_byte() {
                None => return Ok(()),
                Some(byte) if byte == end => break,
                Some(_) if named => {
                    let name = self.string();
                    if self.next_byte() == Some(b':') {
                        self.at += 1;
                    }
                    self.value(&format!("{path}/{name}"))?;
                }
                Some(_) => self.value(&format!("{path}/{index}"))?,
            }
        }
        self.at += 1;
        Ok(())
    }

    /// Goes over a text, and returns it as a part of a JSON pointer.
    fn string(&mut self) -> String {
        let begin = self.at;
        self.at += 1;
        while let Some(byte) = self.text.get(self.at) {
            self.at += if *byte == b'\\' { 2 } else { 1 };
            if *byte == b'"' {
                break;
            }
        }
        let text = self.text.get(begin..self.at).unwrap_or_default();
        let text: String = serde_json::from_slice(text).unwrap_or_default();
        text.replace('~', "~0").replace('/', "~1")
    }

    /// Goes over a number, `true`, `false` or `null`.
    fn word(&mut self, path: &str) -> Found {
        let begin = self.at;
        while self.text.get(self.at).is_some_and(|byte| is_of_word(*byte)) {
            self.at += 1;
        }
        let word = String::from_utf8_lossy(&self.text[begin..self.at]);
        if word.is_empty() {
            // No JSON: nothing after it is looked at.
            self.at = self.text.len();
        }
        let digits = word.strip_prefix('-').unwrap_or(&word);
        let is_whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if is_whole && word.parse::<i64>().is_err() && word.parse::<u64>().is_err() {
            return Err((path.to_owned(), word.into_owned()));
        }
        Ok(())
    }

    fn next_byte(&mut self) -> Option<u8> {
        while self.text.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        self.text.get(self.at).copied()
    }
}

fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.')
}
