//! The allocator behind QuickJS: blocks and page runs inside one arena.
//!
//! QuickJS carves objects up to half a kilobyte out of 4 KiB pages it asks for, so most requests here are one
//! page; those and everything larger are page-aligned runs without a header. What lies between is cut from
//! 16 KiB chunks, rounded up to a few sizes, with a 16-byte header holding the size class; such a block never
//! starts a page, which is how the two kinds are told apart.
//!
//! Going past the soft limit only raises a flag, so that JavaScript is interrupted at the next safe point;
//! requests fail when they are large themselves or when the hard limit is reached.

use super::os;
use super::runs::Runs;

/// Unit of the allocator, whatever the page size of the machine.
pub(crate) const PAGE: usize = 4096;

const HEADER: usize = 16;
const CHUNK_PAGES: u32 = 4;
/// Largest request served from a chunk.
const BLOCK_MAX: usize = 2048;
const CLASSES: usize = class_of(BLOCK_MAX) + 1;
/// A request of this size fails at the soft limit instead of passing it.
const LARGE: usize = 1 << 20;
/// Address space is made accessible in steps of this many pages.
const COMMIT_PAGES: u32 = 256;

/// Sizes step by 16 bytes up to 512 and by 128 above.
const fn class_of(size: usize) -> usize {
    if size <= 512 { size.div_ceil(16) } else { 32 + (size - 512).div_ceil(128) }
}

const fn class_bytes(class: usize) -> usize {
    if class <= 32 { class * 16 } else { 512 + (class - 32) * 128 }
}

/// Allocator state; lives outside the arena so that rewinding it is an assignment.
pub(crate) struct Heap {
    base: usize,
    pub(super) runs: Runs,
    committed: u32,
    /// Heads of the lists of free blocks; each block's first word is the next one's address.
    free: [usize; CLASSES],
    chunk: usize,
    chunk_end: usize,
    live: usize,
    /// Bytes counted on behalf of what `live` does not see: WebAssembly's memories, tables and code.
    charged: usize,
    /// Whether Rust code that runs inside the heap is allocating, and the bytes it uses; see `route`.
    lent: bool,
    lent_live: usize,
    soft_limit: usize,
    hard_limit: usize,
    over_soft: bool,
    refused: bool,
}

impl Heap {
    /// A heap over reserved, inaccessible address space; its first page is left to the caller.
    pub(super) fn new(base: usize, bytes: usize) -> Heap {
        Heap {
            base,
            runs: Runs::new(1, (bytes / PAGE) as u32),
            committed: 0,
            free: [0; CLASSES],
            chunk: 0,
            chunk_end: 0,
            live: 0,
            charged: 0,
            lent: false,
            lent_live: 0,
            soft_limit: usize::MAX,
            hard_limit: usize::MAX,
            over_soft: false,
            refused: false,
        }
    }

    /// Sets how many bytes may be in use above the image.
    pub(crate) fn set_limit(&mut self, bytes: usize) {
        self.soft_limit = bytes;
        self.hard_limit = bytes.saturating_mul(2);
    }

    /// The limit set.
    pub(crate) fn limit(&self) -> usize {
        self.soft_limit
    }

    /// Lets go of all free memory below the top, so that everything allocated next lies above it.
    pub(crate) fn forget_free(&mut self) {
        self.seal();
    }

    /// Bytes in use above the image.
    pub(crate) fn live(&self) -> usize {
        self.live
    }

    /// Whether use is above the soft limit now, or was when it was last asked to forget.
    pub(crate) fn over_soft(&self) -> bool {
        self.over_soft
    }

    /// Whether a request was refused since the last rewind.
    pub(crate) fn refused(&self) -> bool {
        self.refused
    }

    /// Looks at the soft limit anew, after garbage was collected.
    pub(crate) fn recheck_soft(&mut self) -> bool {
        self.over_soft = self.live + self.charged > self.soft_limit;
        self.over_soft
    }

    /// Counts `bytes` against the limit; false when they do not fit.
    pub(crate) fn charge(&mut self, bytes: usize) -> bool {
        let used = if self.lent { self.lent_live } else { self.live };
        let fits = used.saturating_add(self.charged).saturating_add(bytes) <= self.soft_limit;
        if fits {
            self.charged += bytes;
        }
        fits
    }

    /// Notes that something did not fit: the call ends.
    pub(crate) fn refuse(&mut self) {
        self.refused = true;
    }

    /// Bytes in use by Rust code that runs inside the heap.
    pub(crate) fn lent_live(&self) -> usize {
        if self.lent { self.live } else { self.lent_live }
    }

    /// Begins or ends lending the heap to Rust code: it allocates without a limit, which must be set by other means,
    /// because Rust code ends the process when memory is refused.
    pub(super) fn lend(&mut self, lent: bool) {
        if self.lent != lent {
            self.lent = lent;
            std::mem::swap(&mut self.live, &mut self.lent_live);
        }
    }

    /// Whether an address lies in this heap.
    pub(super) fn holds(&self, address: usize) -> bool {
        address >= self.base && address - self.base < self.runs.limit() as usize * PAGE
    }

    pub(super) fn seal(&mut self) {
        self.runs.seal();
        self.forget_young();
    }

    pub(super) fn rewind(&mut self) {
        self.runs.rewind();
        self.forget_young();
    }

    pub(super) fn committed_bytes(&self) -> usize {
        self.committed as usize * PAGE
    }

    fn forget_young(&mut self) {
        self.free = [0; CLASSES];
        self.chunk = 0;
        self.chunk_end = 0;
        self.live = 0;
        self.charged = 0;
        self.lent_live = 0;
        self.over_soft = false;
        self.refused = false;
    }

    /// Allocates `size` bytes aligned to 16; null when a limit is in the way.
    pub(crate) fn allocate(&mut self, size: usize) -> *mut u8 {
        let pointer = if !self.admit(size) {
            0
        } else if size <= BLOCK_MAX {
            self.allocate_block(class_of(size.max(1)))
        } else {
            self.allocate_run(size)
        };
        if pointer == 0 {
            self.refused = true;
        }
        pointer as *mut u8
    }

    /// Like [`Heap::allocate`], zeroed.
    pub(crate) fn allocate_zeroed(&mut self, count: usize, size: usize) -> *mut u8 {
        let Some(bytes) = count.checked_mul(size) else {
            self.refused = true;
            return std::ptr::null_mut();
        };
        let pointer = self.allocate(bytes);
        if !pointer.is_null() {
            // SAFETY: `allocate` returned at least `bytes` writable bytes that nobody else refers to.
            unsafe { pointer.write_bytes(0, bytes) };
        }
        pointer
    }

    /// Gives back a block or run; null is ignored.
    pub(crate) fn release(&mut self, pointer: *mut u8) {
        let address = pointer as usize;
        if address == 0 || self.sealed(address) {
            return;
        }
        self.live -= self.footprint(address);
        if is_run(address) {
            return self.runs.give(self.page(address));
        }
        let class = block_class(address);
        // SAFETY: the block is ours, unused from now on and holds at least 16 bytes.
        unsafe { (address as *mut usize).write(self.free[class]) };
        self.free[class] = address;
    }

    /// Changes the size of a block or run, moving it if need be; null when a limit is in the way.
    pub(crate) fn reallocate(&mut self, pointer: *mut u8, size: usize) -> *mut u8 {
        if pointer.is_null() {
            return self.allocate(size);
        }
        let old = self.usable(pointer);
        if size <= old && (size > BLOCK_MAX || !is_run(pointer as usize)) && size * 2 > old {
            return pointer;
        }
        if size > BLOCK_MAX && is_run(pointer as usize) && self.resize_run(pointer as usize, size) {
            return pointer;
        }
        let moved = self.allocate(size);
        if moved.is_null() {
            return moved;
        }
        // SAFETY: both areas are valid for the shorter of the two sizes and distinct.
        unsafe { std::ptr::copy_nonoverlapping(pointer, moved, old.min(size)) };
        self.release(pointer);
        moved
    }

    /// Bytes a caller may use at `pointer`, at least what it asked for.
    pub(crate) fn usable(&self, pointer: *const u8) -> usize {
        let address = pointer as usize;
        if is_run(address) {
            self.runs.pages(self.page(address)) as usize * PAGE
        } else {
            class_bytes(block_class(address))
        }
    }

    fn admit(&mut self, size: usize) -> bool {
        if self.lent {
            return true;
        }
        let after = self.live.saturating_add(self.charged).saturating_add(size);
        if after <= self.soft_limit {
            return true;
        }
        self.over_soft = true;
        after <= self.hard_limit && size < LARGE
    }

    fn allocate_block(&mut self, class: usize) -> usize {
        let total = class_bytes(class) + HEADER;
        let recycled = self.free[class];
        if recycled != 0 {
            // SAFETY: a block on a free list holds the address of the next one in its first word.
            self.free[class] = unsafe { (recycled as *const usize).read() };
            self.live += total;
            return recycled;
        }
        if self.chunk + HEADER + total > self.chunk_end && !self.new_chunk() {
            return 0;
        }
        if is_run(self.chunk + HEADER) {
            self.chunk += HEADER;
        }
        let address = self.chunk + HEADER;
        self.chunk += total;
        // SAFETY: the header lies in the current chunk, just before the block.
        unsafe { ((address - HEADER) as *mut usize).write(class) };
        self.live += total;
        address
    }

    fn new_chunk(&mut self) -> bool {
        let Some(page) = self.runs.take(CHUNK_PAGES).filter(|_| self.commit()) else {
            return false;
        };
        self.chunk = self.base + page as usize * PAGE;
        self.chunk_end = self.chunk + CHUNK_PAGES as usize * PAGE;
        true
    }

    fn allocate_run(&mut self, size: usize) -> usize {
        let Ok(pages) = u32::try_from(size.div_ceil(PAGE)) else {
            return 0;
        };
        let Some(page) = self.runs.take(pages) else {
            return 0;
        };
        if !self.commit() {
            self.runs.give(page);
            return 0;
        }
        self.live += pages as usize * PAGE;
        self.base + page as usize * PAGE
    }

    fn resize_run(&mut self, address: usize, size: usize) -> bool {
        let page = self.page(address);
        let old = self.runs.pages(page) as usize * PAGE;
        let new = size.div_ceil(PAGE) * PAGE;
        if self.sealed(address) {
            return new <= old;
        }
        if new > old && !self.admit(new - old) {
            return false;
        }
        if !self.runs.resize(page, (new / PAGE) as u32) {
            return false;
        }
        if !self.commit() {
            self.runs.resize(page, (old / PAGE) as u32);
            return false;
        }
        self.live = self.live + new - old;
        true
    }

    /// Makes everything below the top accessible.
    fn commit(&mut self) -> bool {
        let top = self.runs.top();
        if top <= self.committed {
            return true;
        }
        let until = top.next_multiple_of(COMMIT_PAGES).min(self.runs.limit());
        let from = self.base + self.committed as usize * PAGE;
        if !os::make_writable(from, (until - self.committed) as usize * PAGE) {
            return false;
        }
        self.committed = until;
        true
    }

    fn footprint(&self, address: usize) -> usize {
        let usable = self.usable(address as *const u8);
        if is_run(address) { usable } else { usable + HEADER }
    }

    fn sealed(&self, address: usize) -> bool {
        self.page(address) < self.runs.floor()
    }

    fn page(&self, address: usize) -> u32 {
        ((address - self.base) / PAGE) as u32
    }
}

fn is_run(address: usize) -> bool {
    address.is_multiple_of(PAGE)
}

fn block_class(address: usize) -> usize {
    // SAFETY: every block handed out is preceded by its header, written in `allocate_block`.
    unsafe { ((address - HEADER) as *const usize).read() }
}

#[cfg(test)]
mod tests;
