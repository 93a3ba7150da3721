//! Lends a heap to Rust code: what such code allocates becomes part of the heap's image.
//!
//! The engine of WebAssembly is written in Rust and keeps its state in ordinary boxes and vectors. While it works
//! for a heap, the calling thread's allocations go to that heap's arena; so its state is sealed, rewound and dropped
//! together with the JavaScript that refers to it by integers, byte for byte and without running a destructor.
//!
//! Invariants: whatever was allocated inside is freed inside, and nothing that outlives the arena is allocated
//! inside. So the code that is lent a heap must keep nothing in statics or thread-locals, and JavaScript never runs
//! inside. A value that breaks the rule is freed by the system's allocator, which ends the process at once.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ptr;

use super::alloc::{Heap, PAGE};

thread_local! {
    /// The heap lent to this thread.
    static LENT: Cell<*mut Heap> = const { Cell::new(ptr::null_mut()) };
}

/// While it lives, this thread's allocations go to a heap, or to the system.
pub(crate) struct Routing {
    before: *mut Heap,
    now: *mut Heap,
}

impl Routing {
    /// Begins allocating in `heap`.
    pub(crate) fn inside(heap: *const Heap) -> Routing {
        Routing::to(heap.cast_mut())
    }

    /// Goes back to the system's allocator.
    pub(crate) fn outside() -> Routing {
        Routing::to(ptr::null_mut())
    }

    fn to(now: *mut Heap) -> Routing {
        let before = LENT.replace(now);
        switch(before, now);
        Routing { before, now }
    }
}

impl Drop for Routing {
    fn drop(&mut self) {
        LENT.set(self.before);
        switch(self.now, self.before);
    }
}

fn switch(from: *mut Heap, to: *mut Heap) {
    // SAFETY: heaps outlive the calls that run in them, and no reference to one is held while it changes hands.
    unsafe {
        if let Some(heap) = from.as_mut() {
            heap.lend(false);
        }
        if let Some(heap) = to.as_mut() {
            heap.lend(true);
        }
    }
}

/// The allocator of the process: the system's, except on threads that were lent a heap.
struct Routed;

#[global_allocator]
static ROUTED: Routed = Routed;

/// Runs `work` with the heap lent to this thread. The heap's own bookkeeping is allocated by the system.
fn with_heap<T>(work: impl FnOnce(&mut Heap) -> T) -> Option<T> {
    let heap = LENT.get();
    // SAFETY: as in `switch`; the heap is out of reach of nested allocations until `work` is done.
    let lent = unsafe { heap.as_mut() }?;
    LENT.set(ptr::null_mut());
    let result = work(lent);
    LENT.set(heap);
    Some(result)
}

/// Allocates in the lent heap; null when there is none, or it is full.
fn allocate(layout: Layout) -> *mut u8 {
    // A panic is reported by code that keeps things of its own.
    if LENT.get().is_null() || std::thread::panicking() {
        return ptr::null_mut();
    }
    // Runs of pages are aligned to pages, blocks to 16 bytes.
    let size = if layout.align() > 16 { layout.size().max(PAGE) } else { layout.size() };
    with_heap(|heap| heap.allocate(size)).unwrap_or(ptr::null_mut())
}

// SAFETY: memory comes from one of two allocators, and an address tells which of the two it came from.
unsafe impl GlobalAlloc for Routed {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let pointer = allocate(layout);
        // SAFETY: the caller keeps the contract of `alloc`.
        if pointer.is_null() { unsafe { System.alloc(layout) } } else { pointer }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let pointer = allocate(layout);
        if pointer.is_null() {
            // SAFETY: the caller keeps the contract of `alloc_zeroed`.
            return unsafe { System.alloc_zeroed(layout) };
        }
        // SAFETY: `allocate` returned at least as many bytes.
        unsafe { pointer.write_bytes(0, layout.size()) };
        pointer
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        let ours = with_heap(|heap| {
            let ours = heap.holds(pointer as usize);
            if ours {
                heap.release(pointer);
            }
            ours
        });
        if ours != Some(true) {
            // SAFETY: not of a heap, so it came from the system.
            unsafe { System.dealloc(pointer, layout) };
        }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if LENT.get().is_null() {
            // SAFETY: the caller keeps the contract of `realloc`.
            return unsafe { System.realloc(pointer, layout, size) };
        }
        let moved = with_heap(|heap| {
            let resizable = heap.holds(pointer as usize) && layout.align() <= 16;
            if resizable { heap.reallocate(pointer, size) } else { ptr::null_mut() }
        });
        if let Some(moved) = moved.filter(|moved| !moved.is_null()) {
            return moved;
        }
        // SAFETY: a layout with this size is what the caller asks for; both areas hold the smaller of the sizes.
        unsafe {
            let moved = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            if !moved.is_null() {
                ptr::copy_nonoverlapping(pointer, moved, layout.size().min(size));
                self.dealloc(pointer, layout);
            }
            moved
        }
    }
}
