//! Instantiating modules.

use wasmi::{Caller, Error, Extern, ExternType, Func, FuncType, Global, Instance, Module, Mutability, Val};

use super::{Failure, Meter, Slot, SlotType, Wasm, say};
use crate::arena::route::Routing;
use crate::limits;

/// What a module imports or exports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Function,
    Table,
    Memory,
    Global,
}

impl Kind {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Kind::Function => "function",
            Kind::Table => "table",
            Kind::Memory => "memory",
            Kind::Global => "global",
        }
    }
}

/// One import, in the order of the module's imports.
pub(crate) enum Import {
    /// An exported function, memory, table or global, by handle.
    Handle(u32),
    /// A JavaScript function, by its index among the faces.
    Script(u32),
    /// The value of an immutable global.
    Constant(Slot),
}

/// One export: its name, kind and handle.
pub(crate) type Export = (String, Kind, u32);

/// What a host function returns when JavaScript threw.
#[derive(Debug)]
pub(super) struct Threw;

impl std::fmt::Display for Threw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JavaScript threw")
    }
}

impl wasmi::errors::HostError for Threw {}

impl Wasm {
    /// The type of a module's global import, for reading the constant that is given for it.
    pub(crate) fn global_import(self, module: u32, index: usize) -> Option<(SlotType, bool)> {
        let _inside = self.inside();
        let import = self.world().modules[module as usize].imports().nth(index)?;
        let ty = import.ty().global()?;
        Some((SlotType::from(ty.content()), ty.mutability() == Mutability::Var))
    }

    /// Makes an instance and runs its start function.
    pub(crate) fn instantiate(self, module: u32, imports: &[Import]) -> Result<Vec<Export>, Failure> {
        let before = self.allocated();
        let exports = self.contain(|| {
            let _inside = self.inside();
            let module = self.world().modules[module as usize].clone();
            let externs = self.externs(&module, imports)?;
            // The start function cannot be resumed, so it gets all its fuel at once.
            let _ = self.store().set_fuel(limits::WASM_START_FUEL);
            let instance = Instance::new(self.store(), &module, &externs).map_err(|error| self.failure(&error))?;
            Ok(self.exports(&module, instance))
        })?;
        self.charge(self.allocated().saturating_sub(before))?;
        Ok(exports)
    }

    fn externs(self, module: &Module, imports: &[Import]) -> Result<Vec<Extern>, Failure> {
        module.imports().zip(imports).map(|(wanted, given)| self.extern_of(&wanted, given)).collect()
    }

    fn extern_of(self, wanted: &wasmi::ImportType<'_>, given: &Import) -> Result<Extern, Failure> {
        let world = self.world();
        let found = match (wanted.ty(), given) {
            (ExternType::Func(ty), Import::Script(script)) => Some(self.script(ty.clone(), *script).into()),
            (ExternType::Func(_), Import::Handle(handle)) => {
                world.functions.get(*handle as usize).map(|function| function.func.into())
            }
            (ExternType::Memory(_), Import::Handle(handle)) => {
                world.memories.get(*handle as usize).map(|memory| (*memory).into())
            }
            (ExternType::Table(_), Import::Handle(handle)) => {
                world.tables.get(*handle as usize).map(|table| (*table).into())
            }
            (ExternType::Global(_), Import::Handle(handle)) => {
                world.globals.get(*handle as usize).map(|global| (*global).into())
            }
            (ExternType::Global(_), Import::Constant(slot)) => {
                Some(Global::new(self.store(), self.val_of(*slot), Mutability::Const).into())
            }
            _ => None,
        };
        found.ok_or_else(|| {
            let _outside = Routing::outside();
            Failure::Link(format!("import \"{}\" \"{}\" does not fit", wanted.module(), wanted.name()))
        })
    }

    /// A function that calls JavaScript.
    fn script(self, ty: FuncType, script: u32) -> Func {
        let world = self.0 as usize;
        let result_types = Wasm::types_inside(ty.results());
        Func::new(self.store(), ty, move |mut caller, params, results| {
            let wasm = Wasm(world as *mut _);
            let slots = wasm.slots_with(&mut caller, params);
            let answer = wasm.call_out(&mut caller, script, &slots, &result_types);
            {
                let _outside = Routing::outside();
                drop(slots);
            }
            let Ok(answer) = answer else { return Err(Error::host(Threw)) };
            wasm.with_caller(&mut caller, || {
                for (result, slot) in results.iter_mut().zip(&answer) {
                    *result = wasm.val_of(*slot);
                }
            });
            let _outside = Routing::outside();
            drop(answer);
            Ok(())
        })
    }

    fn types_inside(types: &[wasmi::ValType]) -> Box<[SlotType]> {
        types.iter().map(|ty| SlotType::from(*ty)).collect()
    }

    fn slots_with(self, caller: &mut Caller<'_, Meter>, vals: &[Val]) -> Vec<Slot> {
        self.with_caller(caller, || self.slots_of(vals))
    }

    /// Calls JavaScript, with the system's allocator in charge.
    fn call_out(
        self,
        caller: &mut Caller<'_, Meter>,
        script: u32,
        params: &[Slot],
        results: &[SlotType],
    ) -> Result<Vec<Slot>, ()> {
        let call_import = self.world().hooks.call_import;
        self.with_caller(caller, || {
            let _outside = Routing::outside();
            call_import(self, script, params, results)
        })
    }

    /// Makes `caller` the way to the store while `work` runs.
    fn with_caller<T>(self, caller: &mut Caller<'_, Meter>, work: impl FnOnce() -> T) -> T {
        let pointer: *mut Caller<'_, Meter> = caller;
        let before = std::mem::replace(&mut self.world().caller, pointer.cast());
        let result = work();
        self.world().caller = before;
        result
    }

    fn exports(self, module: &Module, instance: Instance) -> Vec<Export> {
        let mut exports = super::outside_vec(module.exports().count());
        for export in module.exports() {
            let Some(found) = instance.get_export(self.store(), export.name()) else { continue };
            let (kind, handle) = self.handle_of(found);
            exports.push((say(&export.name()), kind, handle));
        }
        exports
    }

    /// The handle of something exported. Called inside.
    pub(super) fn handle_of(self, found: Extern) -> (Kind, u32) {
        let (kind, key) = match &found {
            Extern::Func(func) => return (Kind::Function, self.function_handle(*func)),
            Extern::Memory(memory) => (Kind::Memory, format!("{memory:?}")),
            Extern::Table(table) => (Kind::Table, format!("{table:?}")),
            Extern::Global(global) => (Kind::Global, format!("{global:?}")),
        };
        let world = self.world();
        if let Some(handle) = world.handles.get(&(kind, key.clone())) {
            return (kind, *handle);
        }
        let handle = match found {
            Extern::Memory(memory) => {
                world.faces.buffers.push(None);
                push(&mut world.memories, memory)
            }
            Extern::Table(table) => push(&mut world.tables, table),
            Extern::Global(global) => push(&mut world.globals, global),
            Extern::Func(func) => self.function_handle(func),
        };
        world.handles.insert((kind, key), handle);
        (kind, handle)
    }
}

fn push<T>(list: &mut Vec<T>, item: T) -> u32 {
    list.push(item);
    list.len() as u32 - 1
}
