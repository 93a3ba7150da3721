//! The state of a runtime in numbers.

use std::sync::atomic::Ordering;

use super::Metric;
use crate::Runtime;

impl Runtime {
    /// Everything that is measured, always the same metrics in the same order. Takes locks for a moment each; not for
    /// hot paths.
    pub fn measure(&self) -> Vec<Metric> {
        let mut table = Vec::with_capacity(64);
        self.metrics().measure(&mut table);
        self.measure_calls(&mut table);
        self.measure_caches(&mut table);
        self.measure_database(&mut table);
        table
    }

    fn measure_calls(&self, out: &mut Vec<Metric>) {
        let pool = self.inner.workers();
        out.push(Metric::gauge("workers", "Threads that run queries and mutations", pool.threads));
        out.push(Metric::gauge("workers_busy", "Workers that run a call right now", pool.busy));
        out.push(Metric::gauge("queued_calls", "Calls that wait for a worker", pool.queued));
        let actions = self.inner.actions.admission.line();
        out.push(Metric::gauge("actions_running", "Actions that run, those of jobs excluded", actions.running));
        out.push(Metric::gauge("actions_queued", "Actions that wait for a place", actions.waiting));
        let node = self.node_usage();
        out.push(Metric::gauge("node_processes", "Processes of Node.js", node.processes));
        out.push(Metric::gauge("node_actions_running", "Actions that run in Node.js", node.calls));
        let jobs = self.running_jobs();
        out.push(Metric::gauge("jobs_running", "Scheduled jobs and cron jobs that run or wait for a worker", jobs));
        let lag = self.metrics().job_lag_ms.load(Ordering::Relaxed) as f64 / 1000.0;
        out.push(Metric::gauge("job_lag_seconds", "How late the job that started last was", lag));
        out.push(Metric::gauge("heap_images", "Heap images that wait for calls", pool.images));
        out.push(Metric::gauge("heap_images_bytes", "Resident bytes of those images", pool.image_bytes));
        let (heaps, bytes) = self.inner.actions.heaps.idle();
        out.push(Metric::gauge("action_heaps", "Heaps that wait for actions", heaps));
        out.push(Metric::gauge("action_heaps_bytes", "Resident bytes of those heaps", bytes));
    }

    fn measure_caches(&self, out: &mut Vec<Metric>) {
        let (entries, bytes) = self.inner.cache.size();
        out.push(Metric::gauge("query_cache_entries", "Query results that are kept", entries));
        out.push(Metric::gauge("query_cache_bytes", "Bytes of those results", bytes));
        let (entries, bytes) = self.logs().size();
        out.push(Metric::gauge("log_entries", "Entries that the log keeps", entries));
        out.push(Metric::gauge("log_bytes", "Bytes of those entries", bytes));
        let (files, bytes) = (&self.metrics().files, &self.metrics().file_bytes);
        let (files, bytes) = (files.load(Ordering::Relaxed), bytes.load(Ordering::Relaxed));
        out.push(Metric::gauge("files", "Stored files, as the hourly sweep found them", files));
        out.push(Metric::gauge("files_bytes", "Bytes of stored files, as the hourly sweep found them", bytes));
    }

    fn measure_database(&self, out: &mut Vec<Metric>) {
        let stats = self.database().stats();
        let help = "Query results that commits are checked against";
        out.push(Metric::gauge("live_queries", help, stats.subscriptions));
        out.push(Metric::gauge("commit_queue_length", "Commits that wait for the disk", stats.queued_commits));
        out.push(Metric::gauge("commit_queue_bytes", "Bytes of those commits", stats.queued_bytes));
        out.push(Metric::gauge("document_cache_bytes", "Bytes of decoded documents in memory", stats.cache_bytes));
        out.push(Metric::gauge("database_bytes", "Bytes of the database on disk", stats.disk_bytes));
        out.push(Metric::counter("commits", "Transactions committed", stats.commits));
        out.push(Metric::counter("commit_batches", "Batches of commits written with one sync", stats.batches));
        out.push(Metric::counter("commit_conflicts", "Transactions refused because of others", stats.conflicts));
    }
}
