//! The stateless work behind web platform objects: URLs and text encodings.

pub(crate) mod encodings;
pub(crate) mod patterns;

use url::{Url, quirks};

/// Parses a URL against an optional base. The parts are, in order: `href origin protocol username password host
/// hostname port pathname search hash`.
pub(crate) fn url_parse(input: &str, base: Option<&str>) -> Option<[String; 11]> {
    let base = match base {
        Some(base) => Some(Url::parse(base).ok()?),
        None => None,
    };
    Url::options().base_url(base.as_ref()).parse(input).ok().map(|url| parts(&url))
}

/// Sets one part of a URL, ignoring a value that does not fit, as browsers do; `None` for a bad `href`.
pub(crate) fn url_set(href: &str, part: &str, value: &str) -> Option<[String; 11]> {
    let mut url = Url::parse(href).ok()?;
    match part {
        "href" => quirks::set_href(&mut url, value).ok()?,
        "protocol" => quirks::set_protocol(&mut url, value).unwrap_or_default(),
        "username" => quirks::set_username(&mut url, value).unwrap_or_default(),
        "password" => quirks::set_password(&mut url, value).unwrap_or_default(),
        "host" => quirks::set_host(&mut url, value).unwrap_or_default(),
        "hostname" => quirks::set_hostname(&mut url, value).unwrap_or_default(),
        "port" => quirks::set_port(&mut url, value).unwrap_or_default(),
        "pathname" => quirks::set_pathname(&mut url, value),
        "search" => quirks::set_search(&mut url, value),
        "hash" => quirks::set_hash(&mut url, value),
        _ => {}
    }
    Some(parts(&url))
}

fn parts(url: &Url) -> [String; 11] {
    [
        quirks::href(url).to_owned(),
        origin(url),
        quirks::protocol(url).to_owned(),
        quirks::username(url).to_owned(),
        quirks::password(url).to_owned(),
        quirks::host(url).to_owned(),
        quirks::hostname(url).to_owned(),
        quirks::port(url).to_owned(),
        quirks::pathname(url).to_owned(),
        quirks::search(url).to_owned(),
        quirks::hash(url).to_owned(),
    ]
}

/// The origin of a URL; a blob's is that of the web page whose address it holds.
fn origin(url: &Url) -> String {
    let is_opaque = |inner: &Url| !matches!(inner.scheme(), "http" | "https");
    if url.scheme() == "blob" && Url::parse(url.path()).as_ref().map_or(true, is_opaque) {
        return "null".to_owned();
    }
    quirks::origin(url)
}

/// Decodes little-endian UTF-16. Unpaired surrogates and a trailing odd byte become U+FFFD, or make the whole
/// fail when `strict`.
pub(crate) fn utf16_decode(bytes: &[u8], strict: bool) -> Option<Vec<u16>> {
    const REPLACEMENT: u16 = 0xfffd;
    let (pairs, rest) = bytes.as_chunks::<2>();
    let mut units = Vec::with_capacity(pairs.len() + 1);
    let mut broken = !rest.is_empty();
    let mut ends_in_half = false;
    for character in char::decode_utf16(pairs.iter().map(|pair| u16::from_le_bytes(*pair))) {
        match character {
            Ok(character) => {
                ends_in_half = false;
                units.extend_from_slice(character.encode_utf16(&mut [0; 2]));
            }
            Err(half) => {
                broken = true;
                ends_in_half = half.unpaired_surrogate() < 0xdc00;
                units.push(REPLACEMENT);
            }
        }
    }
    // The first half of a pair and the byte after it are one broken character.
    if !rest.is_empty() && !ends_in_half {
        units.push(REPLACEMENT);
    }
    (!(strict && broken)).then_some(units)
}

#[cfg(test)]
mod tests;
