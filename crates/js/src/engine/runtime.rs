//! Making a QuickJS runtime in an arena, and the callbacks QuickJS makes into it: memory, interrupts, rejections.

use std::ffi::c_void;

use rquickjs_sys as qjs;

use super::context::{Context, Value};
use crate::active::Stop;
use crate::arena::alloc::Heap;
use crate::arena::{Arena, heap_of, os};
use crate::limits;

/// Bytes of stack JavaScript may use now, or `None` when they are too few to start.
pub(super) fn stack_available() -> Option<usize> {
    thread_local! {
        static BOTTOM: Option<usize> = os::stack_bottom();
    }
    let marker = 0u8;
    let here = std::ptr::from_ref(&marker) as usize;
    let Some(bottom) = BOTTOM.with(|bottom| *bottom) else {
        return Some(limits::JS_STACK_BYTES / 4);
    };
    let free = here.saturating_sub(bottom).saturating_sub(limits::HOST_STACK_BYTES);
    (free >= 128 << 10).then_some(free.min(limits::JS_STACK_BYTES))
}

/// A runtime with one context and the language's own globals; `None` when memory is short.
pub(super) fn new_context(heap: *mut Heap) -> Option<Context> {
    let functions = qjs::JSMallocFunctions {
        js_calloc: Some(heap_calloc),
        js_malloc: Some(heap_malloc),
        js_free: Some(heap_free),
        js_realloc: Some(heap_realloc),
        js_malloc_usable_size: Some(heap_usable_size),
    };
    // SAFETY: the functions are copied; `heap` outlives the runtime, which lives in the heap's arena.
    unsafe {
        let runtime = qjs::JS_NewRuntime2(&functions, heap.cast());
        if runtime.is_null() {
            return None;
        }
        qjs::JS_SetGCThreshold(runtime, usize::MAX as _);
        qjs::JS_SetCanBlock(runtime, false);
        qjs::JS_SetInterruptHandler(runtime, Some(interrupt), std::ptr::null_mut());
        qjs::JS_SetHostPromiseRejectionTracker(runtime, Some(track_rejection), std::ptr::null_mut());
        let ctx = qjs::JS_NewContextRaw(runtime);
        let failed = ctx.is_null()
            || qjs::JS_AddIntrinsicBaseObjects(ctx) != 0
            || qjs::JS_AddIntrinsicDate(ctx) != 0
            || qjs::JS_AddIntrinsicEval(ctx) != 0
            || qjs::JS_AddIntrinsicRegExp(ctx) != 0
            || qjs::JS_AddIntrinsicJSON(ctx) != 0
            || qjs::JS_AddIntrinsicProxy(ctx) != 0
            || qjs::JS_AddIntrinsicMapSet(ctx) != 0
            || qjs::JS_AddIntrinsicTypedArrays(ctx) != 0
            || qjs::JS_AddIntrinsicPromise(ctx) != 0
            || qjs::JS_AddIntrinsicDOMException(ctx) != 0
            || qjs::JS_AddIntrinsicAToB(ctx) != 0;
        (!failed).then(|| Context::new(ctx))
    }
}

/// Fills the holes of the image, so that calls allocate above it and dirty few of its pages, then leaves one
/// empty page of blocks of each size ready.
pub(super) fn plug_free_blocks(context: Context, arena: &Arena) {
    /// Sizes of QuickJS's block classes without their header; others are served by the arena itself.
    const BLOCK_HEADER: usize = 8;
    const SIZES: [(usize, usize, usize); 4] = [(16, 128, 8), (144, 256, 16), (288, 512, 32), (512, 512, 32)];
    let mark = arena.top();
    for (first, last, step) in SIZES {
        for size in (first..=last).step_by(step) {
            loop {
                // SAFETY: the runtime is alive; the block is meant to stay allocated for ever.
                let block = unsafe { qjs::js_malloc_rt(context.runtime(), (size - BLOCK_HEADER) as _) };
                if block.is_null() || block as usize >= mark {
                    break;
                }
            }
        }
    }
}

unsafe extern "C" fn heap_malloc(opaque: *mut c_void, size: qjs::size_t) -> *mut c_void {
    // SAFETY: `opaque` is the heap given to the runtime; QuickJS runs on one thread and never reenters here.
    unsafe { (*opaque.cast::<Heap>()).allocate(size as usize).cast() }
}

unsafe extern "C" fn heap_calloc(opaque: *mut c_void, count: qjs::size_t, size: qjs::size_t) -> *mut c_void {
    // SAFETY: as for `heap_malloc`.
    unsafe { (*opaque.cast::<Heap>()).allocate_zeroed(count as usize, size as usize).cast() }
}

unsafe extern "C" fn heap_free(opaque: *mut c_void, pointer: *mut c_void) {
    // SAFETY: as for `heap_malloc`; QuickJS frees only what it allocated.
    unsafe { (*opaque.cast::<Heap>()).release(pointer.cast()) }
}

unsafe extern "C" fn heap_realloc(opaque: *mut c_void, pointer: *mut c_void, size: qjs::size_t) -> *mut c_void {
    // SAFETY: as for `heap_malloc`; QuickJS resizes only what it allocated.
    unsafe { (*opaque.cast::<Heap>()).reallocate(pointer.cast(), size as usize).cast() }
}

unsafe extern "C" fn heap_usable_size(pointer: *const c_void) -> qjs::size_t {
    // SAFETY: QuickJS asks only about what it allocated, which lies in an arena.
    unsafe { (*heap_of(pointer.cast())).usable(pointer.cast()) as _ }
}

/// Called every few thousand steps of JavaScript: nonzero ends the call.
unsafe extern "C" fn interrupt(runtime: *mut qjs::JSRuntime, _opaque: *mut c_void) -> i32 {
    // SAFETY: the runtime's opaque is its context, set before any JavaScript runs; the call is not borrowed while
    // JavaScript runs.
    let context = Context::new(unsafe { qjs::JS_GetRuntimeOpaque(runtime) }.cast());
    i32::from(!context.raw().is_null() && must_stop(context))
}

/// Whether the running call must end, by now.
pub(super) fn must_stop(context: Context) -> bool {
    // SAFETY: the call is not borrowed while JavaScript or a host function that asks this runs.
    let Some(active) = (unsafe { context.active().as_mut() }) else {
        return false;
    };
    if active.stop.is_none() {
        // SAFETY: a context lies in an arena.
        let heap = heap_of(context.raw().cast()).cast_mut();
        if unsafe { (*heap).over_soft() } {
            context.collect_garbage();
        }
        if unsafe { (*heap).refused() || ((*heap).over_soft() && (*heap).recheck_soft()) } {
            active.stop = Some(Stop::Memory);
        } else if active.out_of_time() {
            active.stop = Some(Stop::Timeout);
        }
    }
    active.stop.is_some()
}

unsafe extern "C" fn track_rejection(
    ctx: *mut qjs::JSContext,
    promise: Value,
    reason: Value,
    is_handled: bool,
    _opaque: *mut c_void,
) {
    let context = Context::new(ctx);
    // SAFETY: the call is not borrowed while JavaScript runs.
    let Some(active) = (unsafe { context.active().as_mut() }) else {
        return;
    };
    if !is_handled {
        active.rejections.push((context.dup(promise), context.dup(reason)));
    } else if let Some(found) = active.rejections.iter().position(|(known, _)| context.same_object(*known, promise)) {
        let (promise, reason) = active.rejections.swap_remove(found);
        context.free(promise);
        context.free(reason);
    }
}
