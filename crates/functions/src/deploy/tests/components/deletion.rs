//! Deleting what unmounted components left behind.

use super::*;

fn listed(backend: &Backend) -> Vec<(String, String, String)> {
    let rows = backend.value("_system/frontend/components:list", json!({}));
    let text = |row: &Json, name: &str| row[name].as_str().unwrap().to_owned();
    rows.as_array().unwrap().iter().map(|row| (text(row, "path"), text(row, "state"), text(row, "id"))).collect()
}

fn id_of(backend: &Backend, path: &str) -> String {
    listed(backend).into_iter().find(|(found, ..)| found == path).unwrap().2
}

fn delete(backend: &Backend, id: Option<&str>) -> Result<(), SystemError> {
    wait(delete_component(&backend.runtime, id))
}

// "`POST /api/delete_component` … must be unmounted else 400 `ComponentMustBeUnmounted`"
#[test]
fn a_component_in_use_is_not_deleted() {
    let backend = Backend::start();
    backend.push(&nested());
    for id in [None, Some(id_of(&backend, "first")), Some(id_of(&backend, "outer/inner"))] {
        let error = delete(&backend, id.as_deref()).unwrap_err();
        assert_eq!((error.code, error.kind), ("ComponentMustBeUnmounted", crate::ErrorKind::BadRequest), "{id:?}");
    }
    for id in ["0", "999", "first", ""] {
        let error = delete(&backend, Some(id)).unwrap_err();
        assert_eq!((error.code, error.kind), ("ComponentNotFound", crate::ErrorKind::NotFound), "{id}");
    }
}

#[test]
fn a_deleted_component_takes_its_data_with_it_and_comes_back_empty() {
    let engine = Arc::new(MemoryEngine::new());
    let backend = Backend::on(engine.clone());
    backend.push(&nested());
    for instance in ["first", "second"] {
        let add = format!("childComponent/{instance}/public/add");
        backend.mutate("app:m", json!({ "ref": add, "args": { "n": 1 } }));
    }
    backend.mutate("app:m", json!({ "ref": "childComponent/first/public/store" }));
    let id = id_of(&backend, "first");
    let namespace = db::Namespace(id.parse().unwrap());
    backend.push(&Project::new(APP));
    delete(&backend, Some(&id)).unwrap();

    let paths = |backend: &Backend| listed(backend).into_iter().map(|(path, ..)| path).collect::<Vec<_>>();
    assert_eq!(paths(&backend), ["outer", "outer/inner", "second"]);
    assert!(backend.database.list_tables(namespace).is_empty());
    assert_eq!(delete(&backend, Some(&id)).unwrap_err().code, "ComponentNotFound");
    let sweep = crate::files::sweep(&backend.runtime.inner, Duration::ZERO);
    assert_eq!(wait(sweep).unwrap(), 1, "its file has no row any more");

    drop(backend);
    let backend = Backend::on(engine);
    assert_eq!(paths(&backend), ["outer", "outer/inner", "second"], "a restart does not bring it back");
    let diff = backend.push(&nested());
    assert_eq!(diff.components["first"].change, InstanceChange::Create);
    assert_eq!(diff.components["second"].change, InstanceChange::Remount);
    let all =
        |instance: &str| backend.value("app:q", json!({ "ref": format!("childComponent/{instance}/public/all") }));
    assert_eq!((all("first"), all("second")), (json!([]), json!([1.0])));
    assert_ne!(id_of(&backend, "first"), id, "numbers are not given twice");
}

// "An unmounted instance can be deleted for good while a push that wants it is running."
#[test]
fn a_push_that_wants_what_was_deleted_meanwhile_starts_again() {
    let backend = Backend::start();
    backend.push(&nested());
    let id = id_of(&backend, "second");
    backend.push(&Project::new(APP));
    let started = backend.start_push(&nested()).map_err(|error| error.to_string()).unwrap();
    assert_eq!(backend.progress(&started), SchemaProgress::Complete);
    delete(&backend, Some(&id)).unwrap();
    assert_eq!(backend.finish(&started).unwrap_err().code, "ConcurrentPush");
    assert_eq!(backend.push(&nested()).components["second"].change, InstanceChange::Create);
}
