//! The text of a function without what a bundler changes: white space, the names of variables, and `x` for `x: x`.

/// A function declaration.
pub(super) struct Function {
    /// Its tokens. A name is the number of its first appearance, unless it names a property; strings have no content.
    pub(super) canonical: String,
    /// Where its body begins, behind the brace.
    pub(super) body: usize,
}

impl Function {
    /// Reads the declaration that `source` starts with; `None` if it has no end.
    pub(super) fn read(source: &str) -> Option<Function> {
        let mut tokens = Tokens { source, at: 0 }.peekable();
        let mut text = Canonical::default();
        let mut body = None;
        while let Some((end, token)) = tokens.next() {
            let next = tokens.peek().map_or("", |(_, next)| next);
            text.push(token, next);
            if token == "{" && text.open.len() == 1 {
                body.get_or_insert(end);
            }
            if token == "}" && text.open.is_empty() {
                return body.map(|body| Function { canonical: text.tokens.concat(), body });
            }
        }
        None
    }
}

#[derive(Default)]
struct Canonical<'a> {
    tokens: Vec<String>,
    names: Vec<&'a str>,
    /// The brackets around what comes next.
    open: Vec<&'a str>,
    last: &'a str,
}

impl<'a> Canonical<'a> {
    fn push(&mut self, token: &'a str, next: &str) {
        match token {
            "(" | "[" | "{" => self.open.push(token),
            ")" | "]" | "}" => drop(self.open.pop()),
            _ => {}
        }
        let is_name = token.starts_with(|c: char| is_word(c) && !c.is_ascii_digit());
        let is_property = self.last == "." || next == ":";
        let is_shorthand =
            self.open.last() == Some(&"{") && matches!(self.last, "{" | ",") && matches!(next, "," | "}");
        let text = match token.chars().next() {
            Some('"' | '\'' | '`') => "\"".to_owned(),
            _ if !is_name || is_property => token.to_owned(),
            _ if is_shorthand => format!("{token}:{}", self.number(token)),
            _ => self.number(token),
        };
        self.tokens.push(text);
        self.last = token;
    }

    fn number(&mut self, name: &'a str) -> String {
        let place = self.names.iter().position(|other| *other == name).unwrap_or_else(|| {
            self.names.push(name);
            self.names.len() - 1
        });
        format!("#{place}#")
    }
}

/// Words, whole strings and single signs, each with the offset behind it.
#[derive(Clone)]
struct Tokens<'a> {
    source: &'a str,
    at: usize,
}

impl<'a> Iterator for Tokens<'a> {
    type Item = (usize, &'a str);

    fn next(&mut self) -> Option<(usize, &'a str)> {
        let rest = self.source[self.at..].trim_start();
        let first = rest.chars().next()?;
        let length = match first {
            '"' | '\'' | '`' => string_length(rest, first),
            _ if is_word(first) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        self.at = self.source.len() - rest.len() + length;
        Some((self.at, &rest[..length]))
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

fn string_length(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (offset, c) in text.char_indices().skip(1) {
        if c == quote && !escaped {
            return offset + 1;
        }
        escaped = c == '\\' && !escaped;
    }
    text.len()
}
