use std::{iter::Peekable, path::Path, str::Chars};

use crate::workspace::read;

/// A piece of Rust source. Comments are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    /// A name, a keyword or a number.
    Word(String),
    /// The text of a string literal, its escapes as they are written.
    Text(String),
    /// A character that is neither.
    Sign(char),
}

impl Token {
    pub(crate) fn is(&self, word: &str) -> bool {
        matches!(self, Self::Word(own) if own == word)
    }

    pub(crate) fn is_sign(&self, sign: char) -> bool {
        *self == Self::Sign(sign)
    }
}

/// The tokens of a file, each with the number of the line on which it begins.
pub(crate) fn of(file: &Path) -> Vec<(usize, Token)> {
    of_text(&read(file))
}

fn of_text(text: &str) -> Vec<(usize, Token)> {
    let mut lexer = Lexer {
        line: 1,
        rest: text.chars().peekable(),
    };
    std::iter::from_fn(|| lexer.token()).collect()
}

struct Lexer<'a> {
    line: usize,
    rest: Peekable<Chars<'a>>,
}

impl Lexer<'_> {
    fn next(&mut self) -> Option<char> {
        let next = self.rest.next();
        self.line += usize::from(next == Some('\n'));
        next
    }

    fn peek(&mut self) -> Option<char> {
        self.rest.peek().copied()
    }

    fn second(&self) -> Option<char> {
        self.rest.clone().nth(1)
    }

    fn token(&mut self) -> Option<(usize, Token)> {
        loop {
            match (self.peek()?, self.second()) {
                (first, _) if first.is_whitespace() => drop(self.next()),
                ('/', Some('/')) => while self.next().is_some_and(|next| next != '\n') {},
                ('/', Some('*')) => self.block_comment(),
                _ => break,
            }
        }
        let line = self.line;
        let token = match self.next()? {
            '"' => Token::Text(self.string()),
            '\'' => self.quoted(),
            first if is_word(first) => self.word(first),
            first => Token::Sign(first),
        };
        Some((line, token))
    }

    /// A word, or the raw or byte string whose prefix it turns out to be.
    fn word(&mut self, first: char) -> Token {
        let mut word = String::from(first);
        while let Some(next) = self.peek().filter(|next| is_word(*next)) {
            word.push(next);
            self.next();
        }
        match (word.as_str(), self.peek()) {
            ("b" | "c", Some('"')) => {
                self.next();
                Token::Text(self.string())
            }
            ("r" | "br" | "cr", Some('"')) => self.raw(),
            // A raw name, such as `r#type`, has a letter behind its `#`.
            ("r" | "br" | "cr", Some('#')) if self.second().is_some_and(|next| !is_word(next)) => self.raw(),
            _ => Token::Word(word),
        }
    }

    fn string(&mut self) -> String {
        let mut text = String::new();
        while let Some(next) = self.next().filter(|next| *next != '"') {
            text.push(next);
            if next == '\\' {
                text.extend(self.next());
            }
        }
        text
    }

    fn raw(&mut self) -> Token {
        let mut end = String::from('"');
        while self.next() == Some('#') {
            end.push('#');
        }
        let mut text = String::new();
        while let Some(next) = self.next() {
            text.push(next);
            if text.ends_with(&end) {
                text.truncate(text.len() - end.len());
                break;
            }
        }
        Token::Text(text)
    }

    /// A character literal, or the quote of a lifetime.
    fn quoted(&mut self) -> Token {
        let is_character = self.peek() == Some('\\') || self.second() == Some('\'');
        if is_character {
            if self.next() == Some('\\') {
                self.next();
            }
            while self.next().is_some_and(|next| next != '\'') {}
        }
        Token::Sign('\'')
    }

    fn block_comment(&mut self) {
        let mut depth = 0;
        while let Some(next) = self.next() {
            match (next, self.peek()) {
                ('/', Some('*')) => depth += 1,
                ('*', Some('/')) => depth -= 1,
                _ => continue,
            }
            self.next();
            if depth == 0 {
                break;
            }
        }
    }
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

#[test]
fn words_strings_and_signs_are_told_apart_and_comments_are_left_out() {
    let source = "// use a;\n/* b /* c */ d */ fn f<'x>() { r#\"say \"e\"\"#; '\\''; '\"'; b\"g\\\"h\"; r#type }\n";

    let tokens = of_text(source);

    let words: Vec<&str> = tokens
        .iter()
        .filter_map(|(_, token)| match token {
            Token::Word(word) => Some(word.as_str()),
            _ => None,
        })
        .collect();
    let texts: Vec<&Token> = tokens
        .iter()
        .map(|(_, token)| token)
        .filter(|token| matches!(token, Token::Text(_)))
        .collect();
    assert_eq!(words, ["fn", "f", "x", "r", "type"]);
    assert_eq!(
        texts,
        [&Token::Text("say \"e\"".to_owned()), &Token::Text("g\\\"h".to_owned())]
    );
    assert!(tokens.iter().all(|(line, _)| *line == 2), "{tokens:?}");
}
