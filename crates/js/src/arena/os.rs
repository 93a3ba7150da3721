//! The few things this crate asks of the operating system, for Unix: memory, stacks, processor time.

use std::ptr;
use std::time::Duration;

/// Reserves `bytes` of inaccessible address space, aligned to `bytes`, which is a power of two.
pub(crate) fn reserve_aligned(bytes: usize) -> Option<usize> {
    let start = map(2 * bytes, libc::PROT_NONE)?;
    let base = start.next_multiple_of(bytes);
    unmap(start, base - start);
    unmap(base + bytes, start + bytes - base);
    Some(base)
}

/// Maps `bytes` of zeroed, writable memory that takes up room only where it is written.
pub(crate) fn map_lazily(bytes: usize) -> Option<usize> {
    map(bytes, libc::PROT_READ | libc::PROT_WRITE)
}

/// Gives address space back.
pub(crate) fn unmap(start: usize, bytes: usize) {
    if bytes > 0 {
        // SAFETY: callers pass ranges they mapped themselves and no longer refer to.
        unsafe { libc::munmap(start as *mut libc::c_void, bytes) };
    }
}

/// Makes pages readable and writable. Async-signal-safe.
pub(crate) fn make_writable(start: usize, bytes: usize) -> bool {
    protect(start, bytes, libc::PROT_READ | libc::PROT_WRITE)
}

/// Makes pages readable only.
pub(crate) fn make_readable(start: usize, bytes: usize) -> bool {
    protect(start, bytes, libc::PROT_READ)
}

/// Drops the contents of pages, returning their memory; they read as zero afterwards.
pub(crate) fn discard(start: usize, bytes: usize) {
    if bytes > 0 {
        // SAFETY: callers pass anonymous private pages whose contents nobody needs.
        unsafe { libc::madvise(start as *mut libc::c_void, bytes, libc::MADV_DONTNEED) };
    }
}

/// The machine's page size, at least the allocator's unit.
pub(crate) fn page_bytes() -> usize {
    // SAFETY: `sysconf` has no preconditions.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(size).unwrap_or(0).max(super::alloc::PAGE)
}

/// Lowest address of the calling thread's stack, if the system tells.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn stack_bottom() -> Option<usize> {
    // SAFETY: the attribute object is initialised by `pthread_getattr_np` and destroyed once.
    unsafe {
        let mut attributes: libc::pthread_attr_t = std::mem::zeroed();
        if libc::pthread_getattr_np(libc::pthread_self(), &mut attributes) != 0 {
            return None;
        }
        let mut low = ptr::null_mut();
        let mut size = 0;
        let status = libc::pthread_attr_getstack(&attributes, &mut low, &mut size);
        libc::pthread_attr_destroy(&mut attributes);
        (status == 0).then_some(low as usize)
    }
}

/// Lowest address of the calling thread's stack, if the system tells.
#[cfg(target_vendor = "apple")]
pub(crate) fn stack_bottom() -> Option<usize> {
    // SAFETY: both functions only read the calling thread's description.
    unsafe {
        let thread = libc::pthread_self();
        let top = libc::pthread_get_stackaddr_np(thread) as usize;
        Some(top - libc::pthread_get_stacksize_np(thread))
    }
}

/// Lowest address of the calling thread's stack, if the system tells.
#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
pub(crate) fn stack_bottom() -> Option<usize> {
    None
}

/// Processor time the calling thread has used.
pub fn thread_cpu_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the clock exists on every Unix this crate builds for; the result is written to a local.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn map(bytes: usize, protection: libc::c_int) -> Option<usize> {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANON | libc::MAP_NORESERVE;
    // SAFETY: a new anonymous mapping at an address of the system's choosing disturbs nobody.
    let address = unsafe { libc::mmap(ptr::null_mut(), bytes, protection, flags, -1, 0) };
    (address != libc::MAP_FAILED).then_some(address as usize)
}

fn protect(start: usize, bytes: usize, protection: libc::c_int) -> bool {
    // SAFETY: callers pass page-aligned ranges inside mappings they own.
    unsafe { libc::mprotect(start as *mut libc::c_void, bytes, protection) == 0 }
}
