//! CLDR date patterns as lists of fields and texts.

/// A piece of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Item {
    Text(String),
    Field { letter: char, count: usize },
}

/// Reads a pattern: runs of letters are fields, quotes make texts.
pub(super) fn items(pattern: &str) -> Vec<Item> {
    let mut found: Vec<Item> = Vec::new();
    let mut quoted = false;
    let mut chars = pattern.chars().peekable();
    let mut fresh = true;
    while let Some(char) = chars.next() {
        let text = match char {
            '\'' if chars.peek() == Some(&'\'') => {
                chars.next();
                '\''
            }
            '\'' => {
                quoted = !quoted;
                fresh = true;
                continue;
            }
            letter if letter.is_ascii_alphabetic() && !quoted => {
                match found.last_mut() {
                    Some(Item::Field { letter: last, count }) if *last == letter && !fresh => *count += 1,
                    _ => found.push(Item::Field { letter, count: 1 }),
                }
                fresh = false;
                continue;
            }
            other => other,
        };
        match found.last_mut() {
            Some(Item::Text(last)) => last.push(text),
            _ => found.push(Item::Text(text.to_string())),
        }
    }
    found
}

/// Writes a pattern, so that `items` reads the same again.
pub(super) fn write(items: &[Item]) -> String {
    let mut pattern = String::new();
    for item in items {
        match item {
            Item::Field { letter, count } => pattern.extend(std::iter::repeat_n(*letter, *count)),
            Item::Text(text) if text.contains(|char: char| char.is_ascii_alphabetic() || char == '\'') => {
                pattern.push_str(&quote(text));
            }
            Item::Text(text) => pattern.push_str(text),
        }
    }
    pattern
}

/// Quotes the letters of a text and leaves the rest, as patterns that are concatenated want it.
pub(super) fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Replaces the letter of the hours everywhere.
pub(super) fn with_hours(pattern: &str, letter: char) -> String {
    let mut items = items(pattern);
    for item in &mut items {
        if let Item::Field { letter: found, .. } = item
            && matches!(found, 'h' | 'H' | 'K' | 'k')
        {
            *found = letter;
        }
    }
    write(&items)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_read_and_written_back() {
        for pattern in ["EEEE, d 'de' MMMM 'de' y", "h 'o''clock' a", "yyyy-MM-dd"] {
            assert_eq!(items(&write(&items(pattern))), items(pattern), "{pattern}");
        }
        assert_eq!(with_hours("h:mm 'h' a", 'H'), "H:mm' h 'a");
    }
}
