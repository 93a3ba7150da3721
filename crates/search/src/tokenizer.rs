//! From text to tokens: runs of letters and digits, in lower case. No stems, no stop words.

use crate::limits::TOKEN_BYTES_MAX;

/// The tokens of a text, one behind the other in one string.
#[derive(Default)]
pub struct Tokens {
    text: String,
    /// Where each token lies in `text`.
    spans: Vec<(u32, u32)>,
}

impl Tokens {
    /// Reads the first `limit` tokens. Tokens too long for an index do not count.
    pub fn of(text: &str, limit: usize) -> Tokens {
        let mut tokens = Tokens::default();
        let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        for word in words {
            if tokens.spans.len() == limit {
                break;
            }
            tokens.push(word);
        }
        tokens
    }

    pub fn len(&self) -> usize {
        self.spans.len()
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.spans.iter().map(|span| self.token(*span))
    }

    /// Returns the distinct tokens in order, each with how often it occurs.
    pub fn counted(mut self) -> Vec<(Box<str>, u32)> {
        let mut spans = std::mem::take(&mut self.spans);
        spans.sort_unstable_by(|a, b| self.token(*a).cmp(self.token(*b)));
        let groups = spans.chunk_by(|a, b| self.token(*a) == self.token(*b));
        groups.map(|group| (self.token(group[0]).into(), group.len() as u32)).collect()
    }

    fn token(&self, (start, end): (u32, u32)) -> &str {
        &self.text[start as usize..end as usize]
    }

    fn push(&mut self, word: &str) {
        let start = self.text.len();
        self.text.extend(word.chars().flat_map(char::to_lowercase));
        if self.text.len() - start > TOKEN_BYTES_MAX {
            self.text.truncate(start);
            return;
        }
        let offset = |at: usize| u32::try_from(at).expect("documents are far below 4 GiB");
        self.spans.push((offset(start), offset(self.text.len())));
    }
}

#[cfg(test)]
mod tests;
