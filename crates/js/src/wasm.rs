//! WebAssembly inside a heap: modules, instances and what they export, named by integers.
//!
//! The engine and its store are allocated in the arena of the JavaScript heap that uses them (see `arena::route`),
//! so that sealing and rewinding the heap does the same to compiled code, linear memories, tables and globals. The
//! address of the `World` is kept in the arena's header, which belongs to the image too.
//!
//! Invariants: methods of `Wasm` are called with the system's allocator in charge, and hand out nothing that was
//! allocated inside the heap. JavaScript runs only from the hooks, with the system's allocator in charge, too.

mod call;
mod link;
mod modules;
mod objects;
mod values;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use wasmi::{
    AsContextMut, Caller, CompilationMode, Config, Engine, Global, Memory, Module, Store, StoreContextMut, Table,
};

pub(crate) use self::link::{Import, Kind};
pub(crate) use self::values::{Slot, SlotType};
use crate::arena::alloc::Heap;
use crate::arena::route::Routing;
use crate::arena::{guest_of, heap_of};
use crate::engine::Value;
use crate::limits;

/// Why an operation failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Malformed or unsupported code.
    Compile(String),
    /// Imports that do not fit.
    Link(String),
    /// Code trapped.
    Trap(String),
    Type(String),
    Range(String),
    /// JavaScript threw; its exception is pending.
    Thrown,
    /// The call must end.
    Stopped,
    /// The engine broke down; the call must end and the heap be rewound.
    Broken,
}

/// Calls the imported function of that index with arguments, for results of some types.
type CallImport = fn(Wasm, u32, &[Slot], &[SlotType]) -> Result<Vec<Slot>, ()>;

/// How the store calls back.
#[derive(Clone, Copy)]
pub(crate) struct Hooks {
    /// Calls an imported function; `Err` leaves an exception pending.
    pub(crate) call_import: CallImport,
    /// Whether the running call must end.
    pub(crate) interrupted: fn(Wasm) -> bool,
}

/// Everything WebAssembly of one heap; lives inside it.
struct World {
    engine: Engine,
    store: Store<Meter>,
    /// The store's handle while an imported function runs: the only way to the store meanwhile.
    caller: *mut Caller<'static, Meter>,
    hooks: Hooks,
    context: usize,
    modules: Vec<Module>,
    functions: Vec<values::Function>,
    memories: Vec<Memory>,
    tables: Vec<Table>,
    globals: Vec<Global>,
    /// Handles by the kind and identity of what they name.
    handles: BTreeMap<(Kind, String), u32>,
    /// JavaScript's faces: functions by handle, buffers by memory, values that WebAssembly holds.
    faces: objects::Faces,
}

/// Counts memories and tables against the heap's limit.
struct Meter {
    heap: usize,
}

/// The WebAssembly world of a heap.
#[derive(Clone, Copy)]
pub(crate) struct Wasm(*mut World);

impl Wasm {
    /// The world of the heap that `context` lives in, made on first use.
    pub(crate) fn of(context: *const u8, mode: CompilationMode, hooks: Hooks) -> Wasm {
        let guest = guest_of(context);
        // SAFETY: the header is alive as long as its arena, and only this function writes the field.
        unsafe {
            if (*guest).is_null() {
                let heap = heap_of(context);
                let _inside = Routing::inside(heap);
                *guest = Box::into_raw(Box::new(World::new(heap as usize, context as usize, mode, hooks))).cast();
            }
            Wasm((*guest).cast())
        }
    }

    /// The context JavaScript runs in.
    pub(crate) fn context(self) -> usize {
        self.world().context
    }

    /// Lets the heap serve this thread's allocations.
    fn inside(self) -> Routing {
        Routing::inside(self.heap())
    }

    fn heap(self) -> *const Heap {
        heap_of(self.0.cast())
    }

    /// Runs `work` so that a panic of the engine ends this call only. Locks it held stay locked until the heap is
    /// rewound or dropped, so nothing of this world is used meanwhile.
    fn contain<T>(self, work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
        catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_panic| {
            self.world().caller = ptr::null_mut();
            Err(Failure::Broken)
        })
    }

    /// Counts `bytes` against the heap's limit; the call ends when they do not fit.
    fn charge(self, bytes: usize) -> Result<(), Failure> {
        // SAFETY: the heap outlives the world, and no reference to it is held here.
        let heap = unsafe { &mut *self.heap().cast_mut() };
        if heap.charge(bytes) {
            return Ok(());
        }
        heap.refuse();
        Err(Failure::Stopped)
    }

    /// Bytes allocated inside so far.
    fn allocated(self) -> usize {
        // SAFETY: as above.
        unsafe { (*self.heap()).lent_live() }
    }

    /// Everything but the store. Not held while JavaScript or WebAssembly runs.
    #[allow(clippy::mut_from_ref, reason = "the world is found by its address, not owned by the handle")]
    fn world<'a>(self) -> &'a mut World {
        // SAFETY: made in `of`, lives as long as its heap; a heap is used by one thread at a time, and each borrow
        // ends before the next begins.
        unsafe { &mut *self.0 }
    }

    /// The store: its own handle, or the one an imported function was called with.
    fn store<'a>(self) -> StoreContextMut<'a, Meter> {
        // SAFETY: while an imported function runs, its caller's handle is the only live borrow of the store, and it
        // is not used until the function returns; otherwise nobody borrows the store.
        unsafe {
            match (*self.0).caller.as_mut() {
                Some(caller) => caller.as_context_mut(),
                None => (*self.0).store.as_context_mut(),
            }
        }
    }
}

impl World {
    fn new(heap: usize, context: usize, mode: CompilationMode, hooks: Hooks) -> World {
        let mut config = Config::default();
        config
            .consume_fuel(true)
            .compilation_mode(mode)
            .wasm_memory64(false)
            .set_max_recursion_depth(limits::WASM_CALLS_MAX)
            .set_max_stack_height(limits::WASM_STACK_BYTES);
        let engine = Engine::new(&config);
        let mut store = Store::new(&engine, Meter { heap });
        store.limiter(|meter| meter);
        World {
            engine,
            store,
            caller: ptr::null_mut(),
            hooks,
            context,
            modules: Vec::new(),
            functions: Vec::new(),
            memories: Vec::new(),
            tables: Vec::new(),
            globals: Vec::new(),
            handles: BTreeMap::new(),
            faces: objects::Faces::default(),
        }
    }
}

impl wasmi::ResourceLimiter for Meter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> Result<bool, wasmi_core::LimiterError> {
        Ok(self.charge(desired.saturating_sub(current)))
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> Result<bool, wasmi_core::LimiterError> {
        let added = desired.saturating_sub(current).saturating_mul(limits::WASM_ELEMENT_BYTES);
        Ok(desired <= limits::WASM_TABLE_ELEMENTS_MAX && self.charge(added))
    }

    fn instances(&self) -> usize {
        limits::WASM_INSTANCES_MAX
    }

    fn tables(&self) -> usize {
        limits::WASM_INSTANCES_MAX
    }

    fn memories(&self) -> usize {
        limits::WASM_INSTANCES_MAX
    }
}

impl Meter {
    fn charge(&mut self, bytes: usize) -> bool {
        // SAFETY: the heap outlives the world it holds; the allocator does not run while this reference is in use.
        unsafe { (*(self.heap as *mut Heap)).charge(bytes) }
    }
}

/// Text of something that lives inside, allocated outside.
fn say(what: &dyn Display) -> String {
    let _outside = Routing::outside();
    what.to_string()
}

/// A vector allocated outside, with room for `count` items.
fn outside_vec<T>(count: usize) -> Vec<T> {
    let _outside = Routing::outside();
    Vec::with_capacity(count)
}

/// A JavaScript value that nobody set.
const NOTHING: Value = rquickjs_sys::JS_UNDEFINED;

#[cfg(test)]
pub(crate) mod tests;
