//! The state of a runtime in numbers, for whoever exports metrics.

use std::sync::atomic::Ordering;

use crate::Runtime;

/// What a number does over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadingKind {
    /// Goes up and down.
    Gauge,
    /// Only ever grows, until the process ends.
    Counter,
}

/// One number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// In lower case with underscores, the unit last, without the product's name in front.
    pub name: &'static str,
    pub help: &'static str,
    pub kind: ReadingKind,
    pub value: f64,
}

impl Reading {
    pub fn gauge(name: &'static str, help: &'static str, value: f64) -> Reading {
        Reading { name, help, kind: ReadingKind::Gauge, value }
    }

    pub fn counter(name: &'static str, help: &'static str, value: f64) -> Reading {
        Reading { name, help, kind: ReadingKind::Counter, value }
    }
}

impl Runtime {
    /// All numbers, always the same ones in the same order. Takes locks for a moment each; not for hot paths.
    pub fn readings(&self) -> Vec<Reading> {
        let mut readings = Vec::with_capacity(32);
        self.read_calls(&mut readings);
        self.read_caches(&mut readings);
        self.read_database(&mut readings);
        readings
    }

    fn read_calls(&self, out: &mut Vec<Reading>) {
        let pool = self.inner.workers();
        out.push(Reading::gauge("workers", "Threads that run queries and mutations", pool.threads as f64));
        out.push(Reading::gauge("workers_busy", "Workers that run a call right now", pool.busy as f64));
        out.push(Reading::gauge("queued_calls", "Calls that wait for a worker", pool.queued as f64));
        let jobs = self.running_jobs();
        out.push(Reading::gauge(
            "jobs_running",
            "Scheduled jobs and cron jobs that run or wait for a worker",
            jobs as f64,
        ));
        let lag = self.metrics().job_lag_ms.load(Ordering::Relaxed) as f64 / 1000.0;
        out.push(Reading::gauge("job_lag_seconds", "How late the job that started last was", lag));
        out.push(Reading::gauge("heap_images", "Heap images that wait for calls", pool.images as f64));
        out.push(Reading::gauge("heap_images_bytes", "Resident bytes of those images", pool.image_bytes as f64));
        let (heaps, bytes) = self.inner.actions.heaps.idle();
        out.push(Reading::gauge("action_heaps", "Heaps that wait for actions", heaps as f64));
        out.push(Reading::gauge("action_heaps_bytes", "Resident bytes of those heaps", bytes as f64));
    }

    fn read_caches(&self, out: &mut Vec<Reading>) {
        let (entries, bytes) = self.inner.cache.size();
        out.push(Reading::gauge("query_cache_entries", "Query results that are kept", entries as f64));
        out.push(Reading::gauge("query_cache_bytes", "Bytes of those results", bytes as f64));
        let (entries, bytes) = self.logs().size();
        out.push(Reading::gauge("log_entries", "Executions that the log keeps", entries as f64));
        out.push(Reading::gauge("log_bytes", "Bytes of those entries", bytes as f64));
        let (files, bytes) = (&self.metrics().files, &self.metrics().file_bytes);
        let (files, bytes) = (files.load(Ordering::Relaxed), bytes.load(Ordering::Relaxed));
        out.push(Reading::gauge("files", "Stored files, as the hourly sweep found them", files as f64));
        out.push(Reading::gauge("files_bytes", "Bytes of stored files, as the hourly sweep found them", bytes as f64));
    }

    fn read_database(&self, out: &mut Vec<Reading>) {
        let stats = self.database().stats();
        out.push(Reading::gauge(
            "live_queries",
            "Query results that commits are checked against",
            stats.subscriptions as f64,
        ));
        out.push(Reading::gauge("commit_queue_length", "Commits that wait for the disk", stats.queued_commits as f64));
        out.push(Reading::gauge("commit_queue_bytes", "Bytes of those commits", stats.queued_bytes as f64));
        out.push(Reading::gauge(
            "document_cache_bytes",
            "Bytes of decoded documents in memory",
            stats.cache_bytes as f64,
        ));
        out.push(Reading::gauge("database_bytes", "Bytes of the database on disk", stats.disk_bytes as f64));
        out.push(Reading::counter("commits", "Transactions committed", stats.commits as f64));
        out.push(Reading::counter("commit_batches", "Batches of commits written with one sync", stats.batches as f64));
        out.push(Reading::counter(
            "commit_conflicts",
            "Transactions refused because of others",
            stats.conflicts as f64,
        ));
    }
}
