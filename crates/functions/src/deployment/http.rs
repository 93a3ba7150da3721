//! Which component answers an HTTP request, and under which path its router knows it.

use super::{ComponentCode, Deployment, child_path};

/// Who answers a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpTarget {
    /// A component with an `http.js`, whose router has the last word.
    pub component: String,
    /// The path as that router knows it: without the prefixes of mounts, or without the app's own prefix.
    pub path: String,
}

impl Deployment {
    /// Finds the component that answers `method path`; none if no router would know the path.
    ///
    /// On each level an exact route of the own `http.js` comes first, then the longest prefix among its routes and
    /// the children mounted there, the child in a tie. What matches nothing is left to the own `http.js`, if any.
    pub fn route_http(&self, method: &str, path: &str) -> Option<HttpTarget> {
        let (mut component, mut path) = (String::new(), path.to_owned());
        loop {
            let code = self.component(&component)?;
            match code.step(method, &path) {
                Step::Own(path) => return Some(HttpTarget { component, path }),
                Step::Nobody => return None,
                Step::Child { name, prefix } => {
                    // The prefix ends with the slash that the child's path begins with.
                    path.drain(..prefix.len() - 1);
                    component = child_path(&component, name);
                }
            }
        }
    }
}

enum Step<'c> {
    Own(String),
    Child { name: &'c str, prefix: &'c str },
    Nobody,
}

impl ComponentCode {
    fn step(&self, method: &str, path: &str) -> Step<'_> {
        let own = self.own_path(path);
        if let Some(own) = own
            && self.routes(method).any(|route| route == own)
        {
            return Step::Own(own.to_owned());
        }
        let stripped = path.len() - own.map_or(0, str::len);
        let prefixes = self.routes(method).filter_map(|route| route.strip_suffix('*'));
        let matching = prefixes.filter(|prefix| own.is_some_and(|own| own.starts_with(prefix)));
        let route_length = matching.map(|prefix| stripped + prefix.len()).max();
        let mounts = self.mount.http_mounts.iter().filter(|(prefix, _)| path.starts_with(prefix.as_str()));
        match mounts.max_by_key(|(prefix, _)| prefix.len()) {
            Some((prefix, name)) if route_length.is_none_or(|length| prefix.len() >= length) => {
                Step::Child { name, prefix }
            }
            _ => match own {
                Some(own) if self.has_router() => Step::Own(own.to_owned()),
                _ => Step::Nobody,
            },
        }
    }

    /// Whether the component has an `http.js`.
    pub fn has_router(&self) -> bool {
        self.modules.contains_key("http.js") || !self.http_routes.is_empty()
    }

    /// The path without the app's own prefix; none outside of it.
    fn own_path<'p>(&self, path: &'p str) -> Option<&'p str> {
        match &self.mount.http_prefix {
            None => Some(path),
            Some(prefix) => path.strip_prefix(prefix.trim_end_matches('/')).filter(|rest| rest.starts_with('/')),
        }
    }

    /// The paths registered for a method; HEAD is answered by GET.
    fn routes<'c>(&'c self, method: &'c str) -> impl Iterator<Item = &'c str> {
        let method = if method == "HEAD" { "GET" } else { method };
        self.http_routes.iter().filter(move |route| route.method == method).map(|route| route.path.as_str())
    }
}

#[cfg(test)]
mod tests;
