use std::collections::BTreeMap;
use std::sync::Arc;

use super::*;
use crate::deployment::HttpRoute;

fn component(routes: &[(&str, &str)], mounts: &[(&str, &str)], prefix: Option<&str>) -> Arc<ComponentCode> {
    let mut code = ComponentCode::empty(Arc::new(js::Bundle::compile(Vec::new()).unwrap()));
    let route = |(method, path): &(&str, &str)| HttpRoute { path: (*path).into(), method: (*method).into() };
    code.http_routes = routes.iter().map(route).collect();
    code.mount.http_mounts = mounts.iter().map(|(prefix, name)| ((*prefix).into(), (*name).into())).collect();
    code.mount.http_prefix = prefix.map(str::to_owned);
    Arc::new(code)
}

fn deployment(components: &[(&str, Arc<ComponentCode>)]) -> Deployment {
    let components = components.iter().map(|(path, code)| ((*path).to_owned(), code.clone()));
    Deployment { components: components.collect::<BTreeMap<_, _>>(), ..Deployment::empty() }
}

fn routed(deployment: &Deployment, request: &str) -> String {
    let (method, path) = request.split_once(' ').unwrap();
    match deployment.route_http(method, path) {
        Some(target) => format!("{:?} {}", target.component, target.path),
        None => "nobody".into(),
    }
}

#[test]
fn exact_routes_come_first_then_the_longest_prefix() {
    let app = component(
        &[("GET", "/c/exact"), ("GET", "/c/long/*"), ("GET", "/c/*"), ("POST", "/post/*")],
        &[("/c/", "child"), ("/deep/er/", "child")],
        None,
    );
    let child = component(&[("GET", "/a"), ("GET", "/*")], &[], None);
    let deployment = deployment(&[("", app), ("child", child)]);
    for (request, answer) in [
        ("GET /c/exact", "\"\" /c/exact"),
        ("HEAD /c/exact", "\"\" /c/exact"),
        ("POST /c/exact", "\"child\" /exact"),
        ("GET /c/long/x", "\"\" /c/long/x"),
        // A tie is the child's.
        ("GET /c/x", "\"child\" /x"),
        ("GET /c/", "\"child\" /"),
        ("GET /deep/er/x/y", "\"child\" /x/y"),
        // Nothing matches: the router says so.
        ("GET /c", "\"\" /c"),
        ("GET /post/x", "\"\" /post/x"),
    ] {
        assert_eq!(routed(&deployment, request), answer, "{request}");
    }
}

#[test]
fn the_prefix_of_the_app_is_for_its_own_routes_only() {
    let app = component(&[("GET", "/a"), ("GET", "/files/*")], &[("/c/", "child")], Some("/api/"));
    let child = component(&[("GET", "/a")], &[("/g/", "grandchild")], None);
    let grandchild = component(&[("GET", "/a")], &[], None);
    let deployment = deployment(&[("", app), ("child", child), ("child/grandchild", grandchild)]);
    for (request, answer) in [
        ("GET /api/a", "\"\" /a"),
        ("GET /api/files/x", "\"\" /files/x"),
        ("GET /api/none", "\"\" /none"),
        ("GET /a", "nobody"),
        ("GET /apia", "nobody"),
        ("GET /c/a", "\"child\" /a"),
        ("GET /c/g/a", "\"child/grandchild\" /a"),
        ("GET /api/c/a", "\"\" /c/a"),
    ] {
        assert_eq!(routed(&deployment, request), answer, "{request}");
    }
}

#[test]
fn a_component_without_a_router_passes_on_only_what_is_mounted() {
    let app = component(&[], &[("/c/", "child")], None);
    let deployment = deployment(&[("", app), ("child", component(&[("GET", "/a")], &[], None))]);
    assert_eq!(routed(&deployment, "GET /c/a"), "\"child\" /a");
    assert_eq!(routed(&deployment, "GET /a"), "nobody");
    assert_eq!(routed(&Deployment::empty(), "GET /a"), "nobody");
}
