//! Ends built-ins that never ask whether their call must end.
//!
//! QuickJS's loops in C over something array-like or iterable may go on for minutes without looking at the clock:
//! `new Set(sparse)`, for instance. But sooner or later each looks for a property that is not there, which means
//! walking up to `Object.prototype` and finding that its prototype is null. Once a call is well past its deadline,
//! the watchdog puts an object there that asks for everybody: it ends the call with an exception nobody catches.
//!
//! The prototype lies in a private field, found once per process by looking for an address that was put there.
//! Should that fail, such built-ins go on until they are done, as they would without this file.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use rquickjs_sys as qjs;

use super::context::{Context, UNDEFINED, Value};
use super::runtime::{must_stop, new_context};
use crate::arena::Arena;

/// Words of an object and of its shape that are looked at.
const WORDS: usize = 12;

/// Where objects keep the address of their shape, and shapes that of the prototype, in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    shape: usize,
    prototype: usize,
}

/// The end of every chain of prototypes in one heap, and what may be put there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trap {
    object_prototype: usize,
    object: usize,
    layout: Layout,
}

struct Exotic(qjs::JSClassExoticMethods);

// SAFETY: never written; QuickJS takes the address as mutable, but only reads.
unsafe impl Sync for Exotic {}

static EXOTIC: Exotic = Exotic(qjs::JSClassExoticMethods {
    get_own_property: None,
    get_own_property_names: None,
    delete_property: None,
    define_own_property: None,
    has_property: Some(has_property),
    get_property: Some(get_property),
    set_property: None,
});

impl Trap {
    /// Prepares a trap in a new context; `None` when it would not work.
    pub(super) fn prepare(context: Context) -> Option<Trap> {
        static LAYOUT: OnceLock<Option<Layout>> = OnceLock::new();
        let layout = (*LAYOUT.get_or_init(find_layout))?;
        let mut class = 0;
        let definition = qjs::JSClassDef {
            class_name: c"Object".as_ptr(),
            finalizer: None,
            gc_mark: None,
            call: None,
            exotic: (&raw const EXOTIC.0).cast_mut(),
        };
        // SAFETY: the context is alive and not running; QuickJS copies the definition and keeps the static's address.
        let object = unsafe {
            qjs::JS_NewClassID(context.runtime(), &mut class);
            if qjs::JS_NewClass(context.runtime(), class, &definition) != 0 {
                return None;
            }
            qjs::JS_NewObjectProtoClass(context.raw(), context.null(), class)
        };
        if !context.is_object(object) {
            return None;
        }
        // Held once more, because the collector takes the place it may be put in for a reference of its own.
        context.dup(object);
        let prototype = context.get(context.get(context.global(), c"Object"), c"prototype");
        Some(Trap { object_prototype: context.address(prototype), object: context.address(object), layout })
    }

    /// Puts the trap in place. Called by the watchdog's thread while the call runs.
    pub(crate) fn set(&self) {
        let _ = self.place().compare_exchange(0, self.object, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// Takes the trap away. Writes in any case, so that the page is among those a rewind puts back.
    pub(super) fn clear(&self) {
        let place = self.place();
        let present = place.load(Ordering::Relaxed);
        place.store(if present == self.object { 0 } else { present }, Ordering::Relaxed);
    }

    /// The field that holds the prototype of `Object.prototype`.
    fn place(&self) -> &AtomicUsize {
        // SAFETY: `Object.prototype` lives as long as its heap, which stays mapped while a call in it is registered
        // with the watchdog. Shapes are moved only when `Object.prototype` is given a property; a write that hits the
        // old place at that very moment lands in the heap of a call that is about to end.
        unsafe {
            let shape = *(self.object_prototype as *const usize).add(self.layout.shape);
            &*(shape as *const AtomicUsize).add(self.layout.prototype)
        }
    }
}

/// Finds the layout with a chain of objects whose addresses are known; `None` unless exactly one place fits.
pub(crate) fn find_layout() -> Option<Layout> {
    let arena = Arena::reserve()?;
    let context = new_context(arena.heap_pointer())?;
    // The first child of an object comes with a new shape, which the list of all objects names as its neighbour; the
    // second shares it, and knows it only in one place.
    let child_of = |prototype: Value| {
        // SAFETY: the context is alive; the objects are never freed.
        unsafe {
            (qjs::JS_NewObjectProto(context.raw(), prototype), qjs::JS_NewObjectProto(context.raw(), prototype)).1
        }
    };
    let first = context.object();
    let second = child_of(first);
    let third = child_of(second);
    let last = child_of(context.null());
    let pairs = [(second, context.address(first)), (third, context.address(second)), (last, 0)];
    let fits = |layout: &Layout| {
        pairs.iter().all(|(object, prototype)| read(&arena, context.address(*object), *layout) == Some(*prototype))
    };
    let all = (0..WORDS).flat_map(|shape| (0..WORDS).map(move |prototype| Layout { shape, prototype }));
    let mut found = all.filter(fits);
    let layout = found.next()?;
    found.next().is_none().then_some(layout)
}

/// What would be the prototype's address, if objects were laid out like this.
fn read(arena: &Arena, object: usize, layout: Layout) -> Option<usize> {
    // SAFETY: objects and shapes lie in pages of the arena that are mapped as a whole; only words inside it are read.
    unsafe {
        let shape = *(object as *const usize).add(layout.shape);
        let inside = shape.is_multiple_of(8) && arena.holds(shape, WORDS * 8);
        inside.then(|| *(shape as *const usize).add(layout.prototype))
    }
}

unsafe extern "C" fn has_property(ctx: *mut qjs::JSContext, _object: Value, _name: qjs::JSAtom) -> i32 {
    let context = Context::new(ctx);
    if must_stop(context) {
        context.throw_uncatchable();
        return -1;
    }
    0
}

unsafe extern "C" fn get_property(
    ctx: *mut qjs::JSContext,
    _object: Value,
    _name: qjs::JSAtom,
    _receiver: Value,
) -> Value {
    let context = Context::new(ctx);
    if must_stop(context) { context.throw_uncatchable() } else { UNDEFINED }
}
