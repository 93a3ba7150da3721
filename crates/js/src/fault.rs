//! Learns which pages of a sealed image a call writes.
//!
//! A sealed image is read-only. The first write to one of its pages lands in a signal handler, which saves the
//! page, makes it writable and lets the write go on; from then on the page is *hot* and is copied back after
//! every call without another fault. The handler only copies memory and changes protection, both safe in a
//! signal handler, and passes faults at foreign addresses to whoever handled them before.

use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::Once;
use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicUsize, Ordering};

use crate::arena::os;

/// Most images that can be watched in one process.
const WATCHED_MAX: usize = 16 * 1024;

/// A sealed image under watch. Boxed, so that its address stays; shared with the handler through `WATCHED`.
pub(crate) struct Watch {
    base: usize,
    bytes: usize,
    shadow: usize,
    page_bytes: usize,
    hot: Box<[AtomicU32]>,
    hot_count: AtomicUsize,
}

/// Where the handler finds a watch. The range is kept here too, so that a fault on one thread never looks into a
/// watch of another thread, which may be about to go.
struct Entry {
    base: AtomicUsize,
    end: AtomicUsize,
    watch: AtomicPtr<Watch>,
}

static WATCHED: [Entry; WATCHED_MAX] = [const { Entry::vacant() }; WATCHED_MAX];
static WATCHED_TOP: AtomicUsize = AtomicUsize::new(0);
static INSTALL: Once = Once::new();
static PREVIOUS: Previous = Previous(UnsafeCell::new([MaybeUninit::uninit(), MaybeUninit::uninit()]));

/// Handlers that were installed before ours, for SIGSEGV and SIGBUS; written once, before ours can run.
struct Previous(UnsafeCell<[MaybeUninit<libc::sigaction>; 2]>);

// SAFETY: written only inside `INSTALL`, which happens before every read.
unsafe impl Sync for Previous {}

impl Entry {
    const fn vacant() -> Entry {
        Entry { base: AtomicUsize::new(0), end: AtomicUsize::new(0), watch: AtomicPtr::new(ptr::null_mut()) }
    }
}

impl Watch {
    /// Starts watching `bytes` bytes at `base`; originals of written pages go to the same offset of `shadow`.
    pub(crate) fn start(base: usize, bytes: usize, shadow: usize) -> Option<Box<Watch>> {
        INSTALL.call_once(install);
        let page_bytes = os::page_bytes();
        let hot = (0..bytes / page_bytes).map(|_| AtomicU32::new(0)).collect();
        let watch = Box::new(Watch { base, bytes, shadow, page_bytes, hot, hot_count: AtomicUsize::new(0) });
        let address = ptr::from_ref(&*watch).cast_mut();
        let claim = |entry: &Entry| {
            entry.watch.compare_exchange(ptr::null_mut(), address, Ordering::SeqCst, Ordering::SeqCst).is_ok()
        };
        let position = WATCHED.iter().position(claim)?;
        WATCHED[position].base.store(base, Ordering::SeqCst);
        WATCHED[position].end.store(base + bytes, Ordering::SeqCst);
        WATCHED_TOP.fetch_max(position + 1, Ordering::SeqCst);
        os::make_readable(base, bytes).then_some(watch)
    }

    /// How many pages are hot.
    pub(crate) fn hot_count(&self) -> usize {
        self.hot_count.load(Ordering::Relaxed)
    }

    /// The hot pages as byte ranges relative to the base, in ascending order, neighbours joined.
    pub(crate) fn hot_ranges(&self) -> Vec<(usize, usize)> {
        let mut pages: Vec<u32> = self.hot[..self.hot_count()].iter().map(|p| p.load(Ordering::Relaxed)).collect();
        pages.sort_unstable();
        let mut ranges: Vec<(usize, usize)> = Vec::new();
        for page in pages {
            let start = page as usize * self.page_bytes;
            match ranges.last_mut() {
                Some((from, length)) if *from + *length == start => *length += self.page_bytes,
                _ => ranges.push((start, self.page_bytes)),
            }
        }
        ranges
    }

    /// Forgets the hot pages, whose originals must be back in place, and watches for the first write again.
    pub(crate) fn relearn(&self) -> bool {
        self.hot_count.store(0, Ordering::Relaxed);
        os::make_readable(self.base, self.bytes)
    }

    /// Handles a fault at `address`; false when it is not a first write to this image.
    fn handle(&self, address: usize) -> bool {
        let page = (address - self.base) / self.page_bytes;
        if !self.save(page) {
            return false;
        }
        let start = self.base + page * self.page_bytes;
        os::make_writable(start, self.page_bytes) || self.open_wide()
    }

    /// Copies the original of a page to the shadow and counts it as hot.
    fn save(&self, page: usize) -> bool {
        let count = self.hot_count.load(Ordering::Relaxed);
        let Some(hot) = self.hot.get(count) else {
            return false;
        };
        let start = page * self.page_bytes;
        // SAFETY: both ranges are mapped, the page is readable, and they belong to different mappings.
        unsafe {
            ptr::copy_nonoverlapping(
                (self.base + start) as *const u8,
                (self.shadow + start) as *mut u8,
                self.page_bytes,
            );
        }
        hot.store(page as u32, Ordering::Relaxed);
        self.hot_count.store(count + 1, Ordering::Relaxed);
        true
    }

    /// Makes every page hot. The system bounds how often a mapping may be split; this joins it again.
    fn open_wide(&self) -> bool {
        for page in 0..self.hot.len() {
            let known = &self.hot[..self.hot_count.load(Ordering::Relaxed)];
            if !known.iter().any(|hot| hot.load(Ordering::Relaxed) as usize == page) {
                self.save(page);
            }
        }
        os::make_writable(self.base, self.bytes)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let address = ptr::from_ref(self).cast_mut();
        for entry in &WATCHED[..WATCHED_TOP.load(Ordering::SeqCst)] {
            if entry.watch.load(Ordering::SeqCst) == address {
                entry.end.store(0, Ordering::SeqCst);
                entry.base.store(0, Ordering::SeqCst);
                entry.watch.store(ptr::null_mut(), Ordering::SeqCst);
            }
        }
    }
}

fn install() {
    for (index, signal) in [libc::SIGSEGV, libc::SIGBUS].into_iter().enumerate() {
        // SAFETY: the handler below is async-signal-safe; the previous action is stored before any image exists.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = on_fault as *const () as usize;
            action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER;
            libc::sigemptyset(&mut action.sa_mask);
            let previous = (*PREVIOUS.0.get())[index].as_mut_ptr();
            libc::sigaction(signal, &action, previous);
        }
    }
}

extern "C" fn on_fault(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: the kernel passes a valid description of the fault.
    let address = unsafe { (*info).si_addr() } as usize;
    for entry in &WATCHED[..WATCHED_TOP.load(Ordering::SeqCst)] {
        let range = entry.base.load(Ordering::SeqCst)..entry.end.load(Ordering::SeqCst);
        // SAFETY: an image is written only by the thread that owns it, so the owner of the image that holds the
        // faulting address is stopped right here and its watch is alive.
        if range.contains(&address) && unsafe { (*entry.watch.load(Ordering::SeqCst)).handle(address) } {
            return;
        }
    }
    pass_on(signal, info, context);
}

/// Hands a fault that is not ours to the handler that was there before, or to the default action.
fn pass_on(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    let index = usize::from(signal != libc::SIGSEGV);
    // SAFETY: `PREVIOUS` was written in `install`, before this handler could run; the function found there has
    // the signature its flags announce.
    unsafe {
        let previous = (*PREVIOUS.0.get())[index].assume_init_ref();
        match previous.sa_sigaction {
            libc::SIG_DFL | libc::SIG_IGN => {
                libc::signal(signal, libc::SIG_DFL);
            }
            handler if previous.sa_flags & libc::SA_SIGINFO != 0 => {
                let handler: extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void) =
                    std::mem::transmute(handler);
                handler(signal, info, context);
            }
            handler => {
                let handler: extern "C" fn(libc::c_int) = std::mem::transmute(handler);
                handler(signal);
            }
        }
    }
}
