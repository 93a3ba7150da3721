use std::sync::Arc;

use super::*;

fn code(mounts: &[(&str, &str)], env: &[(&str, EnvBinding)]) -> Arc<ComponentCode> {
    let mut code = ComponentCode::empty(Arc::new(js::Bundle::compile(Vec::new()).unwrap()));
    code.mount.http_mounts = mounts.iter().map(|(prefix, name)| ((*prefix).into(), (*name).into())).collect();
    code.mount.env = env.iter().map(|(name, binding)| ((*name).to_owned(), binding.clone())).collect();
    Arc::new(code)
}

#[test]
fn a_site_address_has_the_prefixes_on_the_way() {
    let components = [
        ("", code(&[("/a/", "a")], &[])),
        ("a", code(&[("/b/c/", "b")], &[])),
        ("a/b", code(&[], &[])),
        ("x", code(&[("/y/", "y")], &[])),
        ("x/y", code(&[], &[])),
    ];
    let components = components.into_iter().map(|(path, code)| (path.to_owned(), code)).collect();
    let deployment = Deployment { components, ..Deployment::empty() };
    let options = Options { site_url: "https://site".into(), ..Options::default() };
    let url = |component: &str| deployment.env_var(component, "CONVEX_SITE_URL", &options).unwrap();
    assert_eq!([url(""), url("a"), url("a/b")], ["https://site", "https://site/a", "https://site/a/b/c"]);
    // Not reachable from the top.
    assert_eq!([url("x"), url("x/y")], ["https://site", "https://site"]);
}

#[test]
fn a_binding_to_a_built_in_variable_is_the_parents() {
    let bound = code(&[], &[("SITE", EnvBinding::Parent("CONVEX_SITE_URL".into()))]);
    let components = [("", code(&[("/a/", "a")], &[])), ("a", bound)];
    let components = components.into_iter().map(|(path, code)| (path.to_owned(), code)).collect();
    let deployment = Deployment { components, ..Deployment::empty() };
    let options = Options { site_url: "https://site".into(), ..Options::default() };
    assert_eq!(deployment.env_var("a", "SITE", &options).as_deref(), Some("https://site"));
    assert_eq!(deployment.env_var("a", "CONVEX_SITE_URL", &options).as_deref(), Some("https://site/a"));
}
