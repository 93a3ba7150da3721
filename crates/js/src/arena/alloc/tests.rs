//! The allocator against a model: what is handed out is aligned, apart from everything else, and keeps its bytes.

use proptest::prelude::*;

use super::*;
use crate::arena::Arena;
use crate::executor::RestoreMode;

#[derive(Clone, Debug)]
enum Step {
    Allocate(usize),
    Zeroed(usize),
    Resize(usize, usize),
    Release(usize),
    Seal,
    Rewind,
}

fn size() -> impl Strategy<Value = usize> {
    prop_oneof![
        6 => 1usize..600,
        4 => 600usize..6000,
        2 => 4000usize..200_000,
        1 => 200_000usize..3_000_000,
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => size().prop_map(Step::Allocate),
        2 => size().prop_map(Step::Zeroed),
        6 => (any::<usize>(), size()).prop_map(|(at, size)| Step::Resize(at, size)),
        6 => any::<usize>().prop_map(Step::Release),
        1 => Just(Step::Seal),
        1 => Just(Step::Rewind),
    ]
}

/// A block handed out, with the byte it was filled with.
#[derive(Clone)]
struct Block {
    pointer: *mut u8,
    size: usize,
    fill: u8,
}

impl Block {
    fn fill(&self) {
        // SAFETY: the allocator handed out `size` bytes here.
        unsafe { self.pointer.write_bytes(self.fill, self.size) };
    }

    fn holds(&self, bytes: usize, fill: u8) -> bool {
        // SAFETY: as above.
        unsafe { std::slice::from_raw_parts(self.pointer, bytes) }.iter().all(|byte| *byte == fill)
    }

    fn range(&self) -> std::ops::Range<usize> {
        self.pointer as usize..self.pointer as usize + self.size
    }
}

struct Model {
    arena: Arena,
    blocks: Vec<Block>,
    sealed: Option<Vec<Block>>,
    next_fill: u8,
}

impl Model {
    fn add(&mut self, pointer: *mut u8, size: usize) {
        assert!(!pointer.is_null());
        assert_eq!(pointer as usize % 16, 0, "aligned");
        assert!(self.arena.heap().usable(pointer) >= size, "usable size covers the request");
        self.next_fill = self.next_fill.wrapping_add(1);
        let block = Block { pointer, size, fill: self.next_fill };
        for other in &self.blocks {
            let (left, right) = (other.range(), block.range());
            assert!(left.end <= right.start || right.end <= left.start, "blocks overlap: {left:x?} {right:x?}");
        }
        block.fill();
        self.blocks.push(block);
    }

    fn apply(&mut self, step: &Step) {
        let heap = self.arena.heap_mut();
        match *step {
            Step::Allocate(size) => {
                let pointer = heap.allocate(size);
                self.add(pointer, size);
            }
            Step::Zeroed(size) => {
                let pointer = heap.allocate_zeroed(1, size);
                assert!(Block { pointer, size, fill: 0 }.holds(size, 0), "zeroed");
                self.add(pointer, size);
            }
            Step::Resize(at, size) if !self.blocks.is_empty() => {
                let at = at % self.blocks.len();
                let old = self.blocks.swap_remove(at);
                let pointer = heap.reallocate(old.pointer, size);
                let kept = Block { pointer, ..old.clone() };
                assert!(kept.holds(old.size.min(size), old.fill), "bytes survive a resize");
                self.add(pointer, size);
            }
            Step::Release(at) if !self.blocks.is_empty() => {
                let at = at % self.blocks.len();
                let block = self.blocks.swap_remove(at);
                heap.release(block.pointer);
            }
            Step::Seal if self.sealed.is_none() => {
                assert!(self.arena.seal(RestoreMode::Tracked));
                self.sealed = Some(self.blocks.clone());
            }
            Step::Rewind => {
                if let Some(sealed) = &self.sealed {
                    self.arena.rewind();
                    self.blocks = sealed.clone();
                }
            }
            Step::Resize(..) | Step::Release(_) | Step::Seal => {}
        }
    }

    fn check(&self) {
        for block in &self.blocks {
            assert!(block.holds(block.size, block.fill), "bytes are kept");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn blocks_stay_apart_and_keep_their_bytes(steps in prop::collection::vec(step(), 1..160)) {
        let arena = Arena::reserve().unwrap();
        let mut model = Model { arena, blocks: Vec::new(), sealed: None, next_fill: 0 };
        for step in &steps {
            model.apply(step);
        }
        model.check();
        if model.sealed.is_some() {
            model.apply(&Step::Rewind);
            let image = model.arena.image_bytes();
            model.apply(&Step::Allocate(100));
            model.apply(&Step::Rewind);
            prop_assert!(image == model.arena.image_bytes(), "rewinding twice gives the same bytes");
        }
    }
}

#[test]
fn live_bytes_return_to_zero_when_everything_is_released() {
    let mut arena = Arena::reserve().unwrap();
    assert!(arena.seal(RestoreMode::Tracked));
    let heap = arena.heap_mut();
    let sizes = [1, 16, 17, 500, 513, 2048, 2049, 4096, 70_000, 1 << 20];
    let pointers: Vec<_> = sizes.iter().map(|size| heap.allocate(*size)).collect();
    assert!(heap.live() >= sizes.iter().sum());
    pointers.into_iter().for_each(|pointer| heap.release(pointer));
    assert_eq!(heap.live(), 0);
}

#[test]
fn large_requests_fail_at_the_soft_limit_and_small_ones_at_the_hard_limit() {
    let mut arena = Arena::reserve().unwrap();
    let heap = arena.heap_mut();
    heap.set_limit(8 << 20);
    assert!(heap.allocate(9 << 20).is_null());
    assert!(heap.over_soft() && heap.refused());
    heap.rewind();
    let small = std::iter::from_fn(|| Some(heap.allocate(1000)).filter(|pointer| !pointer.is_null())).count();
    assert!(heap.over_soft() && heap.refused());
    assert!((8 << 20..17 << 20).contains(&(small * 1024)), "{small} blocks of 1 KiB fit");
}

#[test]
fn exhausted_address_space_is_a_null_pointer() {
    let mut arena = Arena::reserve().unwrap();
    let heap = arena.heap_mut();
    assert!(heap.allocate(crate::limits::ARENA_RESERVE_BYTES).is_null());
    assert!(heap.allocate_zeroed(usize::MAX, 2).is_null());
    assert!(!heap.allocate(100).is_null(), "small requests still fit");
}

#[test]
fn growing_the_last_run_does_not_move_it() {
    let mut arena = Arena::reserve().unwrap();
    let heap = arena.heap_mut();
    let pointer = heap.allocate(100_000);
    assert_eq!(heap.reallocate(pointer, 4_000_000), pointer);
    heap.release(pointer);
    assert_eq!(heap.allocate(5_000_000), pointer, "the space is used again");
}

#[test]
fn frees_in_the_image_touch_none_of_its_pages() {
    let mut arena = Arena::reserve().unwrap();
    let pointers: Vec<_> = (0..200).map(|_| arena.heap_mut().allocate(900)).collect();
    assert!(arena.seal(RestoreMode::Tracked));
    pointers.into_iter().for_each(|pointer| arena.heap_mut().release(pointer));
    assert_eq!(arena.hot_pages(), 0);
}

#[test]
fn only_written_pages_become_hot_and_are_restored() {
    let mut arena = Arena::reserve().unwrap();
    let pointer = arena.heap_mut().allocate(100 * PAGE);
    // SAFETY: all writes stay inside the run just allocated.
    unsafe { pointer.write_bytes(1, 100 * PAGE) };
    assert!(arena.seal(RestoreMode::Tracked));
    let image = arena.image_bytes();
    for _ in 0..3 {
        for page in [3, 4, 50] {
            // SAFETY: as above.
            unsafe { pointer.add(page * PAGE).write(9) };
        }
        assert_eq!(arena.hot_pages(), 3);
        arena.rewind();
        assert!(image == arena.image_bytes());
    }
}

#[test]
fn hot_pages_are_forgotten_now_and_then() {
    let mut arena = Arena::reserve().unwrap();
    let pointer = arena.heap_mut().allocate(200 * PAGE);
    assert!(arena.seal(RestoreMode::Tracked));
    let image = arena.image_bytes();
    let touch = |pages: std::ops::Range<usize>| {
        // SAFETY: all writes stay inside the run just allocated.
        pages.for_each(|page| unsafe { pointer.add(page * PAGE).write(7) });
    };
    touch(0..2);
    arena.rewind();
    touch(0..200);
    arena.rewind();
    for _ in 0..64 {
        touch(0..2);
        arena.rewind();
    }
    touch(0..2);
    assert_eq!(arena.hot_pages(), 2);
    arena.rewind();
    assert!(image == arena.image_bytes());
}
