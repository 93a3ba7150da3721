//! Calling functions, in slices of fuel.

use wasmi::errors::ErrorKind;
use wasmi::{Error, ResumableCall, TrapCode, Val};

use super::link::Threw;
use super::{Failure, Slot, SlotType, Wasm, say};
use crate::arena::route::Routing;
use crate::limits;

impl Wasm {
    /// Calls a function; its results.
    pub(crate) fn call(self, function: u32, arguments: &[Slot]) -> Result<Vec<Slot>, Failure> {
        self.contain(|| self.call_in_slices(function, arguments))
    }

    fn call_in_slices(self, function: u32, arguments: &[Slot]) -> Result<Vec<Slot>, Failure> {
        let _inside = self.inside();
        let function = &self.world().functions[function as usize];
        let func = function.func;
        let inputs: Vec<Val> = arguments.iter().map(|slot| self.val_of(*slot)).collect();
        let mut outputs: Vec<Val> = function.results.iter().map(|ty: &SlotType| Val::default((*ty).into())).collect();
        self.refuel(0)?;
        let mut state = func.call_resumable(self.store(), &inputs, &mut outputs);
        loop {
            match state {
                Ok(ResumableCall::Finished) => return Ok(self.slots_of(&outputs)),
                Ok(ResumableCall::OutOfFuel(paused)) => {
                    self.refuel(paused.required_fuel())?;
                    state = paused.resume(self.store(), &mut outputs);
                }
                Ok(ResumableCall::HostTrap(trap)) => return Err(self.failure(trap.host_error())),
                Err(error) => return Err(self.failure(&error)),
            }
        }
    }

    /// Goes on for a while, unless the call must end.
    fn refuel(self, required: u64) -> Result<(), Failure> {
        let interrupted = self.world().hooks.interrupted;
        let stop = {
            let _outside = Routing::outside();
            interrupted(self)
        };
        if stop {
            return Err(Failure::Stopped);
        }
        let _ = self.store().set_fuel(limits::WASM_FUEL_SLICE.max(required));
        Ok(())
    }

    /// What an error of the engine means to JavaScript. Called inside.
    pub(super) fn failure(self, error: &Error) -> Failure {
        if error.downcast_ref::<Threw>().is_some() {
            return Failure::Thrown;
        }
        match error.as_trap_code() {
            Some(TrapCode::OutOfFuel) => return Failure::Stopped,
            Some(TrapCode::StackOverflow) => return Failure::Range(say(&"Maximum call stack size exceeded")),
            Some(code) => return Failure::Trap(say(&trap_text(code))),
            None => {}
        }
        match error.kind() {
            ErrorKind::Memory(_) | ErrorKind::Table(_) => Failure::Range(say(error)),
            ErrorKind::Translation(_) | ErrorKind::Wasm(_) => Failure::Compile(say(error)),
            ErrorKind::Instantiation(_) => Failure::Link(say(error)),
            _ => Failure::Trap(say(error)),
        }
    }
}

/// Traps in the words of other engines.
fn trap_text(code: TrapCode) -> &'static str {
    match code {
        TrapCode::UnreachableCodeReached => "unreachable",
        TrapCode::MemoryOutOfBounds => "memory access out of bounds",
        TrapCode::TableOutOfBounds => "table index is out of bounds",
        TrapCode::IndirectCallToNull | TrapCode::BadSignature => "null function or function signature mismatch",
        TrapCode::IntegerDivisionByZero => "divide by zero",
        TrapCode::IntegerOverflow => "divide result unrepresentable",
        TrapCode::BadConversionToInteger => "float unrepresentable in integer range",
        TrapCode::StackOverflow => "Maximum call stack size exceeded",
        TrapCode::OutOfFuel => "out of fuel",
        TrapCode::GrowthOperationLimited => "growth refused",
    }
}
