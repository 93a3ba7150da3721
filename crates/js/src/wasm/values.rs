//! Values as they cross between JavaScript and WebAssembly.

use wasmi::{ExternRef, Func, Ref, Val, ValType};

use super::{Kind, Wasm};

/// A value in a form that belongs to neither side; functions and external values are handles.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Slot {
    I32(i32),
    I64(i64),
    F32(f32),
    F64(f64),
    Func(Option<u32>),
    Extern(Option<u32>),
    /// Vectors never reach JavaScript.
    Vector,
}

/// The type of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SlotType {
    I32,
    I64,
    F32,
    F64,
    Func,
    Extern,
    Vector,
}

/// A function with its signature.
pub(super) struct Function {
    pub(super) func: Func,
    pub(super) params: Box<[SlotType]>,
    pub(super) results: Box<[SlotType]>,
}

impl From<ValType> for SlotType {
    fn from(ty: ValType) -> SlotType {
        match ty {
            ValType::I32 => SlotType::I32,
            ValType::I64 => SlotType::I64,
            ValType::F32 => SlotType::F32,
            ValType::F64 => SlotType::F64,
            ValType::V128 => SlotType::Vector,
            ValType::FuncRef => SlotType::Func,
            ValType::ExternRef => SlotType::Extern,
        }
    }
}

impl From<SlotType> for ValType {
    fn from(ty: SlotType) -> ValType {
        match ty {
            SlotType::I32 => ValType::I32,
            SlotType::I64 => ValType::I64,
            SlotType::F32 => ValType::F32,
            SlotType::F64 => ValType::F64,
            SlotType::Vector => ValType::V128,
            SlotType::Func => ValType::FuncRef,
            SlotType::Extern => ValType::ExternRef,
        }
    }
}

impl Wasm {
    /// The types a function takes and returns; empty for an unknown handle.
    pub(crate) fn signature<'a>(self, function: u32) -> (&'a [SlotType], &'a [SlotType]) {
        match self.world().functions.get(function as usize) {
            Some(function) => (&function.params, &function.results),
            None => (&[], &[]),
        }
    }

    /// The handle of a function. Called inside.
    pub(super) fn function_handle(self, func: Func) -> u32 {
        let key = (Kind::Function, format!("{func:?}"));
        if let Some(handle) = self.world().handles.get(&key) {
            return *handle;
        }
        let ty = func.ty(self.store());
        let types = |types: &[ValType]| types.iter().map(|ty| SlotType::from(*ty)).collect();
        let function = Function { func, params: types(ty.params()), results: types(ty.results()) };
        let world = self.world();
        let handle = world.functions.len() as u32;
        world.functions.push(function);
        world.faces.functions.push(super::NOTHING);
        world.handles.insert(key, handle);
        handle
    }

    /// Called inside.
    pub(super) fn val_of(self, slot: Slot) -> Val {
        match slot {
            Slot::I32(value) => Val::I32(value),
            Slot::I64(value) => Val::I64(value),
            Slot::F32(value) => Val::F32(value.into()),
            Slot::F64(value) => Val::F64(value.into()),
            Slot::Func(handle) => {
                let function = handle.and_then(|handle| self.world().functions.get(handle as usize));
                Val::FuncRef(function.map_or(Ref::Null, |function| Ref::Val(function.func)))
            }
            Slot::Extern(index) => {
                Val::ExternRef(index.map_or(Ref::Null, |index| Ref::Val(ExternRef::new(self.store(), index))))
            }
            Slot::Vector => Val::default(ValType::V128),
        }
    }

    /// Called inside.
    pub(super) fn slot_of(self, val: &Val) -> Slot {
        match val {
            Val::I32(value) => Slot::I32(*value),
            Val::I64(value) => Slot::I64(*value),
            Val::F32(value) => Slot::F32(f32::from(*value)),
            Val::F64(value) => Slot::F64(f64::from(*value)),
            Val::FuncRef(Ref::Val(func)) => Slot::Func(Some(self.function_handle(*func))),
            Val::FuncRef(Ref::Null) => Slot::Func(None),
            Val::ExternRef(Ref::Val(object)) => Slot::Extern(object.data(&self.store()).downcast_ref::<u32>().copied()),
            Val::ExternRef(Ref::Null) => Slot::Extern(None),
            Val::V128(_) => Slot::Vector,
        }
    }

    /// Slots allocated outside. Called inside.
    pub(super) fn slots_of(self, vals: &[Val]) -> Vec<Slot> {
        let mut slots = super::outside_vec(vals.len());
        for val in vals {
            slots.push(self.slot_of(val));
        }
        slots
    }
}
