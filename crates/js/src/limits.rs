//! Every bound this crate puts on something that can grow, with its unit.

use std::time::Duration;

/// Stack a worker thread should be created with: room for nested calls, each with [`JS_STACK_BYTES`].
pub const WORKER_STACK_BYTES: usize = 48 << 20;

/// Native stack one call may use before JavaScript sees `RangeError: Maximum call stack size exceeded`.
pub const JS_STACK_BYTES: usize = 4 << 20;

/// Stack kept free below JavaScript's share, for the host callbacks that run on top of it.
pub const HOST_STACK_BYTES: usize = 512 << 10;

/// Heap one call may use beyond the image by default.
pub const HEAP_BYTES: usize = 64 << 20;

/// User time of a query or mutation by default.
pub const USER_TIME: Duration = Duration::from_secs(1);

/// User time of an action by default.
pub const ACTION_USER_TIME: Duration = Duration::from_secs(600);

/// User time of evaluating modules at push by default.
pub const IMPORT_TIME: Duration = Duration::from_secs(4);

/// Memory that one native scrypt may go over, in bytes; about half a second of work. Costlier ones run as JavaScript.
pub const SCRYPT_WORK_BYTES: usize = 128 << 20;

/// Largest function result, in bytes of JSON.
pub const OUTPUT_BYTES: usize = 16 << 20;

/// Images one executor keeps by default, in bytes of resident heap.
pub const IMAGE_BUDGET_BYTES: usize = 128 << 20;

/// Sealed heaps of actions that exist at once, idle ones included; further actions get heaps that are freed. Count.
pub const ACTION_HEAPS_MAX: usize = 256;

/// Idle heaps of actions, in bytes of resident heap.
pub const ACTION_HEAPS_BYTES: usize = 128 << 20;

/// How long an idle heap of an action is kept, and how soon a module must be called again to have one.
pub const ACTION_HEAPS_KEEP: Duration = Duration::from_secs(20);

/// Longest error text handed out, in bytes.
pub const ERROR_TEXT_BYTES: usize = 64 << 10;

/// Address space reserved for one heap; a power of two, because heaps are found by masking an address.
pub const ARENA_RESERVE_BYTES: usize = 512 << 20;

/// Memory above the image that stays committed between calls.
pub const YOUNG_KEEP_BYTES: usize = 4 << 20;

/// Calls after which an image forgets which pages were written and learns anew.
pub const RELEARN_CALLS: u32 = 4096;

/// Allocation beyond the image that a call may make before the cycle collector runs.
pub const GC_HEADROOM_BYTES: usize = 16 << 20;

/// Longest array the built-ins accept that walk over each index without looking at the clock: more than the elements
/// a heap holds, and done within half a second.
pub const ARRAY_LENGTH_MAX: i64 = 8 << 20;

/// Largest WebAssembly module, in bytes of its binary form.
pub const WASM_MODULE_BYTES: usize = 16 << 20;

/// Calls of WebAssembly functions that may be open at once, as far as they do not pass through JavaScript.
pub const WASM_CALLS_MAX: usize = 16 * 1024;

/// Stack of locals and operands of WebAssembly functions.
pub const WASM_STACK_BYTES: usize = 4 << 20;

/// Instances, memories and tables one heap may make.
pub const WASM_INSTANCES_MAX: usize = 1024;

/// Elements of one WebAssembly table.
pub const WASM_TABLE_ELEMENTS_MAX: usize = 10_000_000;

/// What an element of a table counts against the heap.
pub const WASM_ELEMENT_BYTES: usize = 8;

/// Fuel a WebAssembly function gets before the clock is looked at: a few milliseconds of work.
pub const WASM_FUEL_SLICE: u64 = 1_000_000;

/// Fuel of a start function, which cannot be interrupted: about a second of work.
pub const WASM_START_FUEL: u64 = 300_000_000;

/// Formats of one kind that a thread keeps for `Intl`; with one more it begins anew.
pub const INTL_FORMATS: usize = 64;

/// Largest exponent of a number's text that `Intl` reads; a number has at most 324.
pub const INTL_EXPONENT_MAX: i32 = 1000;
