//! URL patterns, taken apart into regular expressions that JavaScript runs.

use urlpattern::quirks::{self, EcmaRegexp, StringOrInit};
use urlpattern::{UrlPatternOptions, regexp::RegExp};

/// Regular expressions are JavaScript's to judge; only the scheme of a pattern is matched here.
struct Untried(EcmaRegexp);

impl RegExp for Untried {
    fn syntax() -> urlpattern::RegexSyntax {
        EcmaRegexp::syntax()
    }

    fn parse(pattern: &str, flags: &str, _force_eval: bool) -> Result<Untried, ()> {
        EcmaRegexp::parse(pattern, flags, false).map(Untried)
    }

    fn matches<'a>(&self, text: &'a str) -> Option<Vec<Option<&'a str>>> {
        self.0.matches(text)
    }

    fn pattern_string(&self) -> &str {
        self.0.pattern_string()
    }
}

/// The components of a pattern as JSON. `input` is the JSON of a string or of a `URLPatternInit`.
///
/// Errors: why it is no pattern.
pub(crate) fn parse(input: &str, base: Option<&str>, ignore_case: bool) -> Result<String, String> {
    let init = quirks::process_construct_pattern_input(decode(input)?, base).map_err(text)?;
    let options = UrlPatternOptions { ignore_case, ..UrlPatternOptions::default() };
    let pattern = quirks::parse_pattern::<Untried>(init, options).map_err(text)?;
    serde_json::to_string(&pattern).map_err(text)
}

/// The components of what is matched against a pattern, as JSON; `None` for what is no URL.
///
/// Errors: the input contradicts itself.
pub(crate) fn subject(input: &str, base: Option<&str>) -> Result<Option<String>, String> {
    let Some((input, _)) = quirks::process_match_input(decode(input)?, base).map_err(text)? else { return Ok(None) };
    let Some(parts) = quirks::parse_match_input(input) else { return Ok(None) };
    serde_json::to_string(&parts).map(Some).map_err(text)
}

fn decode(json: &str) -> Result<StringOrInit<'static>, String> {
    serde_json::from_str(json).map_err(text)
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
