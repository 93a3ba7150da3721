//! Memories, tables and globals, and the JavaScript values that stand for what lives in the world.

use std::collections::BTreeMap;

use wasmi::{Global, Memory, MemoryType, Mutability, Table, TableType};

use super::{Failure, Slot, SlotType, Wasm, say};
use crate::engine::Value;

/// JavaScript values the world holds on to; each handle is owned.
#[derive(Default)]
pub(super) struct Faces {
    /// By handle of the function.
    pub(super) functions: Vec<Value>,
    /// Handles of functions by the address of their face.
    by_address: BTreeMap<usize, u32>,
    /// By handle of the memory: the buffer over it, with the place and size it had.
    pub(super) buffers: Vec<Option<(Value, usize, usize)>>,
    /// Imported functions.
    scripts: Vec<Value>,
    /// Values WebAssembly was given, and where each is by its type and bits.
    externs: Vec<Value>,
    extern_indexes: BTreeMap<(i64, u64), u32>,
    /// Constructors of the three kinds of errors.
    errors: Vec<Value>,
}

impl Wasm {
    pub(crate) fn set_errors(self, constructors: &[Value]) {
        let _inside = self.inside();
        self.world().faces.errors = constructors.to_vec();
    }

    pub(crate) fn error_constructor(self, index: usize) -> Option<Value> {
        self.world().faces.errors.get(index).copied()
    }

    /// Keeps an imported function; its index.
    pub(crate) fn keep_script(self, function: Value) -> u32 {
        let _inside = self.inside();
        let scripts = &mut self.world().faces.scripts;
        scripts.push(function);
        scripts.len() as u32 - 1
    }

    pub(crate) fn script_value(self, index: u32) -> Value {
        self.world().faces.scripts[index as usize]
    }

    /// The JavaScript function of an exported function, once there is one.
    pub(crate) fn face(self, function: u32) -> Option<Value> {
        let face = *self.world().faces.functions.get(function as usize)?;
        // SAFETY: only looks at the tag.
        (!unsafe { rquickjs_sys::JS_IsUndefined(face) }).then_some(face)
    }

    pub(crate) fn set_face(self, function: u32, address: usize, face: Value) {
        let _inside = self.inside();
        let faces = &mut self.world().faces;
        faces.functions[function as usize] = face;
        faces.by_address.insert(address, function);
    }

    /// The exported function whose face lies at an address.
    pub(crate) fn function_at(self, address: usize) -> Option<u32> {
        self.world().faces.by_address.get(&address).copied()
    }

    /// The index of a value with this type and these bits; the first time, what `keep` returns is kept.
    pub(crate) fn extern_index(self, key: (i64, u64), keep: impl FnOnce() -> Value) -> u32 {
        if let Some(index) = self.world().faces.extern_indexes.get(&key) {
            return *index;
        }
        let value = keep();
        let _inside = self.inside();
        let faces = &mut self.world().faces;
        faces.externs.push(value);
        let index = faces.externs.len() as u32 - 1;
        faces.extern_indexes.insert(key, index);
        index
    }

    pub(crate) fn extern_value(self, index: u32) -> Value {
        self.world().faces.externs.get(index as usize).copied().unwrap_or(super::NOTHING)
    }

    /// The buffer over a memory, if it is still right.
    pub(crate) fn buffer(self, memory: u32) -> Option<Value> {
        self.world().faces.buffers.get(memory as usize)?.map(|(buffer, ..)| buffer)
    }

    pub(crate) fn set_buffer(self, memory: u32, buffer: Value) {
        let (start, bytes) = self.memory_area(memory);
        self.world().faces.buffers[memory as usize] = Some((buffer, start, bytes));
    }

    /// Takes the buffer over a memory, if there is one.
    pub(crate) fn take_buffer(self, memory: u32) -> Option<Value> {
        self.world().faces.buffers.get_mut(memory as usize)?.take().map(|(buffer, ..)| buffer)
    }

    /// Takes a buffer whose memory has grown or moved since.
    pub(crate) fn take_stale_buffer(self) -> Option<Value> {
        let count = self.world().memories.len();
        for memory in 0..count {
            let Some((buffer, start, bytes)) = self.world().faces.buffers[memory] else { continue };
            if self.memory_area(memory as u32) != (start, bytes) {
                self.world().faces.buffers[memory] = None;
                return Some(buffer);
            }
        }
        None
    }

    /// Where a memory's bytes are.
    pub(crate) fn memory_area(self, memory: u32) -> (usize, usize) {
        let memory = self.world().memories[memory as usize];
        let store = self.store();
        (memory.data_ptr(&store) as usize, memory.data_size(&store))
    }

    /// Makes a memory of so many pages.
    pub(crate) fn new_memory(self, pages: u32, pages_max: Option<u32>) -> Result<u32, Failure> {
        let _inside = self.inside();
        let memory = Memory::new(self.store(), MemoryType::new(pages, pages_max));
        let memory = memory.map_err(|error| Failure::Range(say(&error)))?;
        Ok(self.handle_of(memory.into()).1)
    }

    /// Grows a memory; the pages it had.
    pub(crate) fn grow_memory(self, memory: u32, pages: u32) -> Result<u64, Failure> {
        let _inside = self.inside();
        let memory = self.world().memories[memory as usize];
        self.fill_up();
        memory.grow(self.store(), u64::from(pages)).map_err(|error| Failure::Range(say(&error)))
    }

    pub(crate) fn new_table(self, ty: SlotType, size: u32, max: Option<u32>, fill: Slot) -> Result<u32, Failure> {
        let _inside = self.inside();
        self.fill_up();
        let ty = TableType::new(ty.into(), size, max);
        let fill = self.val_of(fill);
        let table = Table::new(self.store(), ty, fill).map_err(|error| Failure::Range(say(&error)))?;
        Ok(self.handle_of(table.into()).1)
    }

    pub(crate) fn table_type(self, table: u32) -> SlotType {
        let table = self.world().tables[table as usize];
        SlotType::from(table.ty(self.store()).element())
    }

    pub(crate) fn table_size(self, table: u32) -> u64 {
        let table = self.world().tables[table as usize];
        table.size(self.store())
    }

    pub(crate) fn table_get(self, table: u32, index: u32) -> Option<Slot> {
        let _inside = self.inside();
        let table = self.world().tables[table as usize];
        let found = table.get(self.store(), u64::from(index))?;
        Some(self.slot_of(&found))
    }

    pub(crate) fn table_set(self, table: u32, index: u32, slot: Slot) -> Result<(), Failure> {
        let _inside = self.inside();
        let table = self.world().tables[table as usize];
        let val = self.val_of(slot);
        table.set(self.store(), u64::from(index), val).map_err(|error| Failure::Range(say(&error)))
    }

    /// Grows a table; the size it had.
    pub(crate) fn table_grow(self, table: u32, count: u32, slot: Slot) -> Result<u64, Failure> {
        let _inside = self.inside();
        let table = self.world().tables[table as usize];
        self.fill_up();
        let val = self.val_of(slot);
        table.grow(self.store(), u64::from(count), val).map_err(|error| Failure::Range(say(&error)))
    }

    pub(crate) fn new_global(self, slot: Slot, is_mutable: bool) -> u32 {
        let _inside = self.inside();
        let mutability = if is_mutable { Mutability::Var } else { Mutability::Const };
        let val = self.val_of(slot);
        self.handle_of(Global::new(self.store(), val, mutability).into()).1
    }

    pub(crate) fn global_type(self, global: u32) -> (SlotType, bool) {
        let global = self.world().globals[global as usize];
        let ty = global.ty(self.store());
        (SlotType::from(ty.content()), ty.mutability() == Mutability::Var)
    }

    pub(crate) fn global_get(self, global: u32) -> Slot {
        let _inside = self.inside();
        let global = self.world().globals[global as usize];
        let val = global.get(self.store());
        self.slot_of(&val)
    }

    pub(crate) fn global_set(self, global: u32, slot: Slot) -> Result<(), Failure> {
        let _inside = self.inside();
        let global = self.world().globals[global as usize];
        let val = self.val_of(slot);
        global.set(self.store(), val).map_err(|error| Failure::Type(say(&error)))
    }

    /// Growing costs fuel, and JavaScript's growing is not bounded by it.
    fn fill_up(self) {
        let _ = self.store().set_fuel(u64::MAX / 2);
    }
}
