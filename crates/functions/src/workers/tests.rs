use std::sync::mpsc;

use super::*;

#[test]
fn calls_beyond_the_bound_are_refused_and_the_queue_is_served_afterwards() {
    let pool = WorkerPool::start(1, js::ExecutorOptions::default()).unwrap();
    let (let_go, stuck) = mpsc::channel::<()>();
    let (began, has_begun) = mpsc::channel();
    pool.submit(Lane::Call, move |_| {
        began.send(()).unwrap();
        stuck.recv().unwrap();
    })
    .unwrap();
    has_begun.recv().unwrap();
    let (done, ended) = mpsc::channel();
    for _ in 0..QUEUED_CALLS_MAX {
        let done = done.clone();
        pool.submit(Lane::Call, move |_| done.send(()).unwrap()).unwrap();
    }
    let error = pool.submit(Lane::Call, |_| ()).unwrap_err();
    assert_eq!((error.kind, error.code), (ErrorKind::Overloaded, "TooManyConcurrentRequests"));
    assert_eq!(error.message, "Too many concurrent requests: 20000 are waiting for a worker. Try again later.");
    let_go.send(()).unwrap();
    for _ in 0..QUEUED_CALLS_MAX {
        ended.recv().unwrap();
    }
    pool.submit(Lane::Call, move |_| done.send(()).unwrap()).unwrap();
    ended.recv().unwrap();
    pool.shutdown();
    assert_eq!(pool.submit(Lane::Call, |_| ()).unwrap_err().code, "ShuttingDown");
}

#[test]
fn calls_go_before_background_jobs_but_not_for_ever() {
    let mut state = QueueState::default();
    let (ran, order) = mpsc::channel();
    let mut push = |lane, name: &'static str| {
        let ran = ran.clone();
        state.push(lane, Box::new(move |_| ran.send(name).unwrap()));
    };
    push(Lane::Background, "job 0");
    push(Lane::Background, "job 1");
    for _ in 0..CALLS_BEFORE_BACKGROUND + 1 {
        push(Lane::Call, "call");
    }
    let worker = Worker { executor: js::Executor::new(js::ExecutorOptions::default()) };
    while let Some(job) = state.pop() {
        job(&worker);
    }
    let calls = vec!["call"; CALLS_BEFORE_BACKGROUND as usize];
    assert_eq!(order.try_iter().collect::<Vec<_>>(), [&calls[..], &["job 0", "call", "job 1"]].concat());
}
