use std::sync::mpsc;

use super::*;

#[test]
fn calls_beyond_the_bound_are_refused_and_the_queue_is_served_afterwards() {
    let pool = WorkerPool::start(1, js::ExecutorOptions::default()).unwrap();
    let (let_go, stuck) = mpsc::channel::<()>();
    let (began, has_begun) = mpsc::channel();
    pool.submit(move |_| {
        began.send(()).unwrap();
        stuck.recv().unwrap();
    })
    .unwrap();
    has_begun.recv().unwrap();
    let (done, ended) = mpsc::channel();
    for _ in 0..QUEUED_CALLS_MAX {
        let done = done.clone();
        pool.submit(move |_| done.send(()).unwrap()).unwrap();
    }
    let error = pool.submit(|_| ()).unwrap_err();
    assert_eq!((error.kind, error.code), (ErrorKind::Overloaded, "TooManyConcurrentRequests"));
    assert_eq!(error.message, "Too many concurrent requests: 20000 are waiting for a worker. Try again later.");
    let_go.send(()).unwrap();
    for _ in 0..QUEUED_CALLS_MAX {
        ended.recv().unwrap();
    }
    pool.submit(move |_| done.send(()).unwrap()).unwrap();
    ended.recv().unwrap();
    pool.shutdown();
    assert_eq!(pool.submit(|_| ()).unwrap_err().code, "ShuttingDown");
}
