//! Gives freed memory back to the system.
#![allow(unsafe_code)]

/// Returns the allocator's free pages to the system where the C library can; elsewhere nothing happens.
///
/// glibc keeps what was freed below the top of its arenas until it is told otherwise.
pub(crate) fn release() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: `malloc_trim` takes no pointers and locks each arena it looks at; it may be called at any time.
    unsafe {
        libc::malloc_trim(0);
    }
}
