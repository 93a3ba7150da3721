//! An address range that holds one JavaScript heap and can be rewound to a sealed image.
//!
//! ```text
//! base          sealed                top                    reserve end
//! │ header │ image (read-only until  │ young: what the call │ inaccessible
//! │ page   │ a page is first written)│ allocates            │
//! ```
//!
//! Rewinding copies the hot pages of the image back (see `fault`) and forgets the young part, so that it costs
//! what the call touched. All state of the allocator lives outside the arena.
//!
//! Invariant: whatever uses the memory of an arena is gone before the arena is dropped.

pub(crate) mod alloc;
pub(crate) mod os;
pub(crate) mod route;
mod runs;

use self::alloc::{Heap, PAGE};
use crate::executor::RestoreMode;
use crate::fault::Watch;
use crate::limits;

/// An address range with its allocator and, once sealed, its image.
pub(crate) struct Arena {
    base: usize,
    /// Owned through a raw pointer: QuickJS and the header page hold its address too.
    heap: *mut Heap,
    image: Option<Image>,
}

/// The pristine state: where it ends, what was saved of it, and how it is kept.
struct Image {
    bytes: usize,
    shadow: usize,
    /// `None` when the whole image is copied back each time.
    watch: Option<Box<Watch>>,
    /// Hot ranges as of `ranges_count` hot pages.
    ranges: Vec<(usize, usize)>,
    ranges_count: usize,
    /// Hot pages after the first call that followed learning; zero before it.
    usual_count: usize,
    calls: u32,
}

impl Arena {
    /// Reserves the address range; `None` when the system refuses.
    pub(crate) fn reserve() -> Option<Arena> {
        let base = os::reserve_aligned(limits::ARENA_RESERVE_BYTES)?;
        let heap = Box::into_raw(Box::new(Heap::new(base, limits::ARENA_RESERVE_BYTES)));
        let arena = Arena { base, heap, image: None };
        if !os::make_writable(base, os::page_bytes()) {
            return None;
        }
        // SAFETY: the header page was just made writable and nothing else lives there.
        unsafe { (base as *mut Header).write(Header { heap, guest: std::ptr::null_mut() }) };
        Some(arena)
    }

    /// The allocator, as QuickJS is given it. Valid as long as the arena.
    pub(crate) fn heap_pointer(&self) -> *mut Heap {
        self.heap
    }

    pub(crate) fn heap(&self) -> &Heap {
        // SAFETY: the heap lives as long as the arena; no reference to it is held while QuickJS runs.
        unsafe { &*self.heap }
    }

    pub(crate) fn heap_mut(&mut self) -> &mut Heap {
        // SAFETY: as for `heap`, and `self` is borrowed exclusively.
        unsafe { &mut *self.heap }
    }

    /// Whether `bytes` bytes at `address` lie in what is allocated so far.
    pub(crate) fn holds(&self, address: usize, bytes: usize) -> bool {
        (self.base..self.top()).contains(&address) && address + bytes <= self.top()
    }

    /// First address above what is allocated so far.
    pub(crate) fn top(&self) -> usize {
        self.base + self.heap().runs.top() as usize * PAGE
    }

    /// Makes the present contents the image. False when the system refuses.
    pub(crate) fn seal(&mut self, mode: RestoreMode) -> bool {
        let page = os::page_bytes();
        while !self.top().is_multiple_of(page) {
            if self.heap_mut().runs.take(1).is_none() {
                return false;
            }
        }
        self.heap_mut().seal();
        let bytes = self.top() - self.base;
        let Some(shadow) = os::map_lazily(bytes) else {
            return false;
        };
        let mut image =
            Image { bytes, shadow, watch: None, ranges: Vec::new(), ranges_count: 0, usual_count: 0, calls: 0 };
        let sealed = match mode {
            RestoreMode::Tracked => {
                image.watch = Watch::start(self.base, bytes, shadow);
                image.watch.is_some()
            }
            RestoreMode::Copy => {
                copy(self.base, shadow, bytes);
                true
            }
        };
        self.image = Some(image);
        sealed
    }

    /// Puts the image back and frees everything allocated since it was sealed.
    pub(crate) fn rewind(&mut self) {
        let image = self.image.as_mut().expect("only sealed arenas are rewound");
        image.restore(self.base);
        let keep = (image.bytes + limits::YOUNG_KEEP_BYTES).next_multiple_of(os::page_bytes());
        let peak = self.heap().runs.peak() as usize * PAGE;
        if peak > keep {
            let until = self.heap().committed_bytes().min(peak.next_multiple_of(os::page_bytes()));
            os::discard(self.base + keep, until.saturating_sub(keep));
        }
        self.heap_mut().rewind();
    }

    /// Resident bytes this arena keeps between calls, about.
    pub(crate) fn resident_bytes(&self) -> usize {
        let Some(image) = &self.image else {
            return self.top() - self.base;
        };
        image.bytes + image.saved_bytes() + limits::YOUNG_KEEP_BYTES / 4
    }

    /// Resident bytes at present, about.
    pub(crate) fn held_bytes(&self) -> usize {
        self.top() - self.base + self.image.as_ref().map_or(0, Image::saved_bytes)
    }

    /// A copy of the image's present bytes.
    #[cfg(test)]
    pub(crate) fn image_bytes(&self) -> Vec<u8> {
        let bytes = self.image.as_ref().map_or(0, |image| image.bytes);
        // SAFETY: the image is mapped and readable, and nobody writes to it while we look.
        unsafe { std::slice::from_raw_parts(self.base as *const u8, bytes) }.to_vec()
    }

    /// How many pages of the image are hot.
    #[cfg(test)]
    pub(crate) fn hot_pages(&self) -> usize {
        self.image.as_ref().and_then(|image| image.watch.as_ref()).map_or(0, |watch| watch.hot_count())
    }
}

impl Image {
    fn saved_bytes(&self) -> usize {
        self.watch.as_ref().map_or(self.bytes, |watch| watch.hot_count() * os::page_bytes())
    }

    fn restore(&mut self, base: usize) {
        let Some(watch) = &self.watch else {
            return copy(self.shadow, base, self.bytes);
        };
        let count = watch.hot_count();
        if count != self.ranges_count {
            self.ranges = watch.hot_ranges();
            self.ranges_count = count;
        }
        for (start, length) in &self.ranges {
            copy(self.shadow + start, base + start, *length);
        }
        self.calls += 1;
        if self.usual_count == 0 {
            self.usual_count = count;
        }
        if self.should_relearn() && self.watch.as_ref().is_some_and(|watch| watch.relearn()) {
            os::discard(self.shadow, self.bytes);
            self.ranges_count = 0;
            self.ranges.clear();
            self.usual_count = 0;
            self.calls = 0;
        }
    }

    /// A call that wrote all over the image, as a garbage collection does, should not burden later calls; but a
    /// function that always does so should not pay for learning each time.
    fn should_relearn(&self) -> bool {
        let grown = self.ranges_count > 3 * self.usual_count + 64;
        self.calls >= limits::RELEARN_CALLS || (grown && self.calls >= 64)
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        if let Some(image) = self.image.take() {
            drop(image.watch);
            os::unmap(image.shadow, image.bytes);
        }
        os::unmap(self.base, limits::ARENA_RESERVE_BYTES);
        // SAFETY: made by `Box::into_raw` in `reserve`, and whoever shared it is gone.
        drop(unsafe { Box::from_raw(self.heap) });
    }
}

/// What an arena begins with. Its page belongs to the image.
struct Header {
    heap: *mut Heap,
    /// What Rust code keeps in this arena; null until it does.
    guest: *mut u8,
}

/// The allocator of the arena that `pointer` points into.
pub(crate) fn heap_of(pointer: *const u8) -> *const Heap {
    // SAFETY: the header is alive as long as its arena.
    unsafe { (*header_of(pointer)).heap }
}

/// Where the arena that `pointer` points into keeps the address of its guest.
pub(crate) fn guest_of(pointer: *const u8) -> *mut *mut u8 {
    // SAFETY: as for `heap_of`; only the address of the field is taken.
    unsafe { &raw mut (*header_of(pointer)).guest }
}

/// Callers pass addresses inside an arena; arenas are aligned to their size and start with their header.
fn header_of(pointer: *const u8) -> *mut Header {
    (pointer as usize & !(limits::ARENA_RESERVE_BYTES - 1)) as *mut Header
}

fn copy(from: usize, to: usize, bytes: usize) {
    // SAFETY: an image and its shadow are distinct mappings of at least `bytes` bytes; hot pages are writable, and
    // in `Copy` mode all pages are.
    unsafe { std::ptr::copy_nonoverlapping(from as *const u8, to as *mut u8, bytes) };
}
