//! Component instances: how they hang below the app, what variables they see, and which of them are unmounted.
//!
//! An instance is named by its path, the names of its ancestors and its own joined by `/`. Its number, which is that
//! of its namespace, stays when the instance is unmounted and mounted again, and is never given to another one.

use std::collections::BTreeMap;

use db::Namespace;

use super::{ComponentCode, Deployment};
use crate::Options;

/// What an instance got from where it is mounted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mount {
    /// The variables it sees, by its own names for them. The app sees its own and needs none.
    pub env: BTreeMap<String, EnvBinding>,
    /// Version of the npm package that bundled the code.
    pub server_version: Option<String>,
    /// What the paths of its own `http.js` begin with; the app only.
    pub http_prefix: Option<String>,
    /// Children that answer HTTP requests, by the prefix of their paths, which begins and ends with `/`.
    pub http_mounts: BTreeMap<String, String>,
}

/// Where a variable of a component comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnvBinding {
    Value(String),
    /// The parent's variable of this name, whatever it is at the moment.
    Parent(String),
}

/// The path of the child `name` of the component at `parent`.
pub fn child_path(parent: &str, name: &str) -> String {
    if parent.is_empty() { name.to_owned() } else { format!("{parent}/{name}") }
}

/// The parent's path and the own name; none for the app.
pub fn split_path(path: &str) -> Option<(&str, &str)> {
    match path.rsplit_once('/') {
        Some(split) => Some(split),
        None if path.is_empty() => None,
        None => Some(("", path)),
    }
}

impl Deployment {
    /// The path of the instance whose tables live in `namespace`, if it is mounted.
    pub fn component_in(&self, namespace: Namespace) -> Option<&str> {
        if namespace == Namespace::ROOT {
            return Some("");
        }
        self.components.iter().find(|(_, code)| code.namespace == namespace).map(|(path, _)| path.as_str())
    }

    /// The instance with the id that tools use; also one that is unmounted.
    pub fn component_with_id(&self, id: &str) -> Option<&str> {
        let namespace = Namespace(id.parse().ok()?);
        let unmounted = || self.unmounted.iter().find(|(_, ns)| **ns == namespace).map(|(path, _)| path.as_str());
        self.component_in(namespace).or_else(unmounted)
    }

    /// What `process.env` gives for `name` in a component: the app has all variables, others what they were given,
    /// and all have the two built-in addresses.
    pub fn env_var(&self, component: &str, name: &str, options: &Options) -> Option<String> {
        let (mut component, mut name) = (component, name);
        loop {
            match name {
                "CONVEX_CLOUD_URL" => return Some(options.cloud_url.clone()),
                "CONVEX_SITE_URL" => return Some(self.site_url(component, options)),
                _ => {}
            }
            let Some((parent, _)) = split_path(component) else { return self.env.get(name).cloned() };
            match self.component(component)?.mount.env.get(name)? {
                EnvBinding::Value(value) => return Some(value.clone()),
                EnvBinding::Parent(of_parent) => (component, name) = (parent, of_parent),
            }
        }
    }

    /// The address of a component's HTTP actions: the deployment's with the prefixes of its mounts, if it is mounted
    /// for HTTP all the way down.
    pub fn site_url(&self, component: &str, options: &Options) -> String {
        match self.http_path(component) {
            Some(path) => format!("{}{path}", options.site_url),
            None => options.site_url.clone(),
        }
    }

    /// What the paths of a component's HTTP actions begin with, without a slash at the end.
    pub(crate) fn http_path(&self, component: &str) -> Option<String> {
        let Some((parent, name)) = split_path(component) else { return Some(String::new()) };
        let mounts = &self.component(parent)?.mount.http_mounts;
        let (prefix, _) = mounts.iter().find(|(_, child)| *child == name)?;
        Some(format!("{}{}", self.http_path(parent)?, prefix.trim_end_matches('/')))
    }
}

impl ComponentCode {
    /// What images of this instance's modules must not share with those of other instances and versions: what they
    /// read of the environment while they were imported.
    pub(crate) fn env_generation(&self, deployment_version: u64) -> u64 {
        (u64::from(self.namespace.0) << 40) | deployment_version
    }
}

#[cfg(test)]
mod tests;
