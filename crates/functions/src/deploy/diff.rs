//! What a finished push changed, for people.

use std::collections::{BTreeMap, BTreeSet};

use db::IndexDiff;

use crate::deployment::{AuthProvider, ComponentCode, CronSpec, Deployment};

/// The differences between two deployments.
#[derive(Clone, Debug, Default)]
pub struct PushDiff {
    pub auth_added: Vec<AuthProvider>,
    pub auth_removed: Vec<AuthProvider>,
    /// Paths of the definitions the app uses now; empty for a dry run, as is what follows.
    pub definitions: BTreeSet<String>,
    /// By component path.
    pub components: BTreeMap<String, ComponentDiff>,
}

/// The differences of one component.
#[derive(Clone, Debug, Default)]
pub struct ComponentDiff {
    pub change: InstanceChange,
    pub modules_added: Vec<String>,
    pub modules_removed: Vec<String>,
    /// Previous and next version of the bundling package, when they differ.
    pub server_version: Option<(Option<String>, Option<String>)>,
    pub crons: CronDiff,
    pub indexes: IndexDiff,
    /// Previous and next schema as JSON text, when they differ.
    pub schema: Option<(Option<String>, Option<String>)>,
}

/// What happened to an instance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InstanceChange {
    Create,
    #[default]
    Modify,
    Unmount,
    Remount,
}

/// Identifiers of cron jobs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CronDiff {
    pub added: Vec<String>,
    pub updated: Vec<String>,
    pub deleted: Vec<String>,
}

impl PushDiff {
    /// Compares the code of two deployments; indexes and schema are the caller's to fill in.
    pub(super) fn between(before: &Deployment, after: &Deployment) -> PushDiff {
        let only_in = |these: &[AuthProvider], those: &[AuthProvider]| {
            these.iter().filter(|provider| !those.contains(provider)).cloned().collect::<Vec<_>>()
        };
        let mut components = BTreeMap::new();
        for (path, code) in &after.components {
            let mut diff = ComponentDiff::between(before.component(path).map(|code| &**code), code);
            let old = match path.as_str() {
                "" => before.udf_server_version.clone(),
                _ => before.component(path).and_then(|code| code.mount.server_version.clone()),
            };
            if old != code.mount.server_version {
                diff.server_version = Some((old, code.mount.server_version.clone()));
            }
            components.insert(path.clone(), diff);
        }
        for (path, code) in before.components.iter().filter(|(path, _)| !after.components.contains_key(*path)) {
            components.insert(path.clone(), ComponentDiff::unmounted(code));
        }
        PushDiff {
            auth_added: only_in(&after.auth_providers, &before.auth_providers),
            auth_removed: only_in(&before.auth_providers, &after.auth_providers),
            definitions: after.components.values().map(|code| code.definition_path.clone()).collect(),
            components,
        }
    }
}

impl ComponentDiff {
    fn between(before: Option<&ComponentCode>, after: &ComponentCode) -> ComponentDiff {
        let old = before.map(modules).unwrap_or_default();
        let new = modules(after);
        ComponentDiff {
            modules_added: new.difference(&old).map(|path| (*path).to_owned()).collect(),
            modules_removed: old.difference(&new).map(|path| (*path).to_owned()).collect(),
            crons: CronDiff::between(before.map(|code| &code.crons[..]).unwrap_or_default(), &after.crons),
            ..ComponentDiff::default()
        }
    }
}

impl ComponentDiff {
    fn unmounted(before: &ComponentCode) -> ComponentDiff {
        ComponentDiff {
            change: InstanceChange::Unmount,
            modules_removed: modules(before).into_iter().map(str::to_owned).collect(),
            crons: CronDiff::between(&before.crons, &[]),
            ..ComponentDiff::default()
        }
    }
}

impl CronDiff {
    fn between(before: &[CronSpec], after: &[CronSpec]) -> CronDiff {
        let old: BTreeMap<&str, &CronSpec> = before.iter().map(|cron| (cron.identifier.as_str(), cron)).collect();
        let new: BTreeMap<&str, &CronSpec> = after.iter().map(|cron| (cron.identifier.as_str(), cron)).collect();
        let names = |filter: &dyn Fn(&str) -> bool, from: &BTreeMap<&str, &CronSpec>| {
            from.keys().filter(|name| filter(name)).map(|name| (*name).to_owned()).collect::<Vec<_>>()
        };
        CronDiff {
            added: names(&|name| !old.contains_key(name), &new),
            updated: names(&|name| old.get(name).is_some_and(|spec| *spec != new[name]), &new),
            deleted: names(&|name| !new.contains_key(name), &old),
        }
    }
}

/// The modules people know: not the shared chunks of the bundler.
fn modules(code: &ComponentCode) -> BTreeSet<&str> {
    code.modules.keys().map(String::as_str).filter(|path| !path.starts_with("_deps/")).collect()
}
