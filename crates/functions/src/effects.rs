//! What an execution does beside reading and writing documents, and how much of it it may do.

use crate::limits::{
    FILE_BYTES_PER_MUTATION_MAX, FILES_PER_MUTATION_MAX, SCHEDULED_ARGS_BYTES_MAX, SCHEDULED_PER_MUTATION_MAX,
};

/// Scheduled functions and files: used up so far, or the most that may be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Effects {
    pub functions_scheduled: usize,
    pub scheduled_args_bytes: usize,
    pub files_written: usize,
    pub file_write_bytes: usize,
    pub files_read: usize,
    pub file_read_bytes: usize,
}

impl Effects {
    /// The limits of one transaction.
    pub const LIMITS: Effects = Effects {
        functions_scheduled: SCHEDULED_PER_MUTATION_MAX,
        scheduled_args_bytes: SCHEDULED_ARGS_BYTES_MAX,
        files_written: FILES_PER_MUTATION_MAX,
        file_write_bytes: FILE_BYTES_PER_MUTATION_MAX,
        files_read: FILES_PER_MUTATION_MAX,
        file_read_bytes: FILE_BYTES_PER_MUTATION_MAX,
    };

    /// Counts one more scheduled function.
    ///
    /// Errors: the text for a count or a size over `limits`.
    pub fn schedule(&mut self, args_bytes: usize, limits: &Effects) -> Result<(), String> {
        self.functions_scheduled += 1;
        self.scheduled_args_bytes = self.scheduled_args_bytes.saturating_add(args_bytes);
        if self.functions_scheduled > limits.functions_scheduled {
            let limit = limits.functions_scheduled;
            return Err(format!("Too many functions scheduled by this mutation (limit: {limit})"));
        }
        if self.scheduled_args_bytes > limits.scheduled_args_bytes {
            let limit = limits.scheduled_args_bytes;
            return Err(format!(
                "Too large total size of the arguments of scheduled functions from this mutation (limit: {limit} bytes)"
            ));
        }
        Ok(())
    }

    /// Counts one more stored file.
    ///
    /// Errors: the text for a count or a size over `limits`.
    pub fn write_file(&mut self, bytes: usize, limits: &Effects) -> Result<(), String> {
        self.files_written += 1;
        self.file_write_bytes = self.file_write_bytes.saturating_add(bytes);
        check_files("written", (self.files_written, limits.files_written))?;
        check_file_bytes("written", (self.file_write_bytes, limits.file_write_bytes))
    }

    /// Counts one more file read.
    ///
    /// Errors: the text for a count or a size over `limits`.
    pub fn read_file(&mut self, bytes: usize, limits: &Effects) -> Result<(), String> {
        self.files_read += 1;
        self.file_read_bytes = self.file_read_bytes.saturating_add(bytes);
        check_files("read", (self.files_read, limits.files_read))?;
        check_file_bytes("read", (self.file_read_bytes, limits.file_read_bytes))
    }
}

fn check_files(verb: &str, (used, limit): (usize, usize)) -> Result<(), String> {
    if used <= limit {
        return Ok(());
    }
    Err(format!("Too many files {verb} in one mutation (limit: {limit})"))
}

fn check_file_bytes(verb: &str, (used, limit): (usize, usize)) -> Result<(), String> {
    if used <= limit {
        return Ok(());
    }
    Err(format!(
        "Too many bytes of files {verb} in one mutation (limit: {limit} bytes). Please consider using an action."
    ))
}
