//! CLDR number patterns, such as `¤#,##0.00;(¤#,##0.00)`.

/// What stands before or after the digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::intl) enum Affix {
    Text(String),
    Currency,
    Percent,
    Minus,
    Plus,
    /// The words or letters of a compact form.
    Compact(String),
    /// The name of a unit or a currency.
    Unit(String),
}

/// A pattern, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::intl) struct Pattern {
    pub(in crate::intl) prefix: Vec<Affix>,
    pub(in crate::intl) suffix: Vec<Affix>,
    /// Prefix and suffix of negative numbers, when they have their own.
    pub(in crate::intl) negative: Option<(Vec<Affix>, Vec<Affix>)>,
    /// Sizes of the last group of digits and of those before it; zero without grouping.
    pub(in crate::intl) groups: (usize, usize),
    /// How many `0` there are.
    pub(in crate::intl) zeros: usize,
}

impl Pattern {
    pub(in crate::intl) fn read(text: &str) -> Pattern {
        let (positive, negative) = split_subpatterns(text);
        let (prefix, digits, suffix) = split_affixes(positive);
        let negative = negative.map(|negative| {
            let (prefix, _, suffix) = split_affixes(negative);
            (affixes(prefix), affixes(suffix))
        });
        Pattern {
            prefix: affixes(prefix),
            suffix: affixes(suffix),
            negative,
            groups: group_sizes(digits),
            zeros: digits.chars().filter(|char| *char == '0').count(),
        }
    }

    /// A compact pattern: its words are no plain text.
    pub(in crate::intl) fn read_compact(text: &str) -> Pattern {
        let pattern = Pattern::read(text);
        let negative = pattern.negative.map(|(prefix, suffix)| (compact(prefix), compact(suffix)));
        Pattern { prefix: compact(pattern.prefix), suffix: compact(pattern.suffix), negative, ..pattern }
    }
}

/// Words are compact; the white space around them is not.
fn compact(affixes: Vec<Affix>) -> Vec<Affix> {
    let mut words = Vec::new();
    for affix in affixes {
        let Affix::Text(text) = affix else {
            words.push(affix);
            continue;
        };
        let is_space = |char: char| char.is_whitespace() || char == '\u{200f}' || char == '\u{200e}';
        let word = text.trim_matches(is_space);
        if word.is_empty() {
            words.push(Affix::Text(text));
            continue;
        }
        let start = text.find(word).unwrap_or(0);
        words.push(Affix::Text(text[..start].to_owned()));
        words.push(Affix::Compact(word.to_owned()));
        words.push(Affix::Text(text[start + word.len()..].to_owned()));
    }
    words.retain(|affix| *affix != Affix::Text(String::new()));
    words
}

/// Splits at the `;` that is not quoted.
fn split_subpatterns(text: &str) -> (&str, Option<&str>) {
    let mut quoted = false;
    for (index, char) in text.char_indices() {
        match char {
            '\'' => quoted = !quoted,
            ';' if !quoted => return (&text[..index], Some(&text[index + 1..])),
            _ => {}
        }
    }
    (text, None)
}

fn split_affixes(text: &str) -> (&str, &str, &str) {
    let is_digit = |char: char| matches!(char, '#' | '0'..='9' | '@' | ',' | '.' | 'E');
    let mut quoted = false;
    let mut start = text.len();
    for (index, char) in text.char_indices() {
        match char {
            '\'' => quoted = !quoted,
            '#' | '0' | '@' if !quoted => {
                start = index;
                break;
            }
            _ => {}
        }
    }
    let end = text[start..].find(|char| !is_digit(char)).map_or(text.len(), |length| start + length);
    (&text[..start], &text[start..end], &text[end..])
}

fn affixes(text: &str) -> Vec<Affix> {
    let mut found = Vec::new();
    let mut plain = String::new();
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        let special = match char {
            '\'' if chars.peek() == Some(&'\'') => {
                chars.next();
                plain.push('\'');
                continue;
            }
            '\'' => {
                quoted = !quoted;
                continue;
            }
            '¤' if !quoted => Affix::Currency,
            '%' if !quoted => Affix::Percent,
            '-' if !quoted => Affix::Minus,
            '+' if !quoted => Affix::Plus,
            other => {
                plain.push(other);
                continue;
            }
        };
        if !plain.is_empty() {
            found.push(Affix::Text(std::mem::take(&mut plain)));
        }
        found.push(special);
    }
    if !plain.is_empty() {
        found.push(Affix::Text(plain));
    }
    found
}

fn group_sizes(digits: &str) -> (usize, usize) {
    let whole = digits.split('.').next().unwrap_or_default();
    let groups: Vec<&str> = whole.split(',').collect();
    match groups.as_slice() {
        [] | [_] => (0, 0),
        [_, last] => (last.len(), last.len()),
        [.., before, last] => (last.len(), before.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_has_affixes_groups_and_perhaps_its_own_negative_form() {
        let pattern = Pattern::read("¤#,##,##0.00;(¤#,##0.00)");
        assert_eq!((pattern.groups, pattern.prefix), ((3, 2), vec![Affix::Currency]));
        let text = |text: &str| Affix::Text(text.to_owned());
        assert_eq!(pattern.negative, Some((vec![text("("), Affix::Currency], vec![text(")")])));
        let compact = Pattern::read_compact("00 Mio'.' ¤");
        assert_eq!(compact.zeros, 2);
        assert_eq!(compact.suffix, vec![text(" "), Affix::Compact("Mio.".to_owned()), text(" "), Affix::Currency]);
    }
}
