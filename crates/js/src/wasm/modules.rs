//! Compiling modules and describing them.

use wasmi::{ExternType, Module};

use super::{Failure, Kind, Wasm, say};
use crate::arena::route::Routing;
use crate::limits;

/// What a module imports or exports, as JavaScript lists it.
pub(crate) struct Description {
    /// Module, name and kind of each import.
    pub(crate) imports: Vec<(String, String, Kind)>,
    pub(crate) exports: Vec<(String, Kind)>,
}

impl From<&ExternType> for Kind {
    fn from(ty: &ExternType) -> Kind {
        match ty {
            ExternType::Func(_) => Kind::Function,
            ExternType::Memory(_) => Kind::Memory,
            ExternType::Table(_) => Kind::Table,
            ExternType::Global(_) => Kind::Global,
        }
    }
}

impl Wasm {
    /// Compiles a module; its handle.
    pub(crate) fn compile(self, bytes: &[u8]) -> Result<u32, Failure> {
        if bytes.len() > limits::WASM_MODULE_BYTES {
            let max = limits::WASM_MODULE_BYTES;
            return Err(Failure::Compile(format!("the module has {} bytes, more than {max}", bytes.len())));
        }
        let before = self.allocated();
        let handle = self.contain(|| {
            let _inside = self.inside();
            let module = Module::new(&self.world().engine, bytes).map_err(|error| Failure::Compile(say(&error)))?;
            let modules = &mut self.world().modules;
            modules.push(module);
            Ok(modules.len() as u32 - 1)
        })?;
        self.charge(self.allocated().saturating_sub(before))?;
        Ok(handle)
    }

    /// Whether a module would compile.
    pub(crate) fn validate(self, bytes: &[u8]) -> Result<bool, Failure> {
        self.contain(|| {
            let _inside = self.inside();
            Ok(bytes.len() <= limits::WASM_MODULE_BYTES && Module::validate(&self.world().engine, bytes).is_ok())
        })
    }

    pub(crate) fn describe(self, module: u32) -> Description {
        let _inside = self.inside();
        let module = &self.world().modules[module as usize];
        let mut imports = super::outside_vec(module.imports().len());
        for import in module.imports() {
            imports.push((say(&import.module()), say(&import.name()), Kind::from(import.ty())));
        }
        let mut exports = super::outside_vec(module.exports().count());
        for export in module.exports() {
            exports.push((say(&export.name()), Kind::from(export.ty())));
        }
        Description { imports, exports }
    }

    /// Contents of the custom sections of a name.
    pub(crate) fn custom_sections(self, module: u32, name: &str) -> Vec<Vec<u8>> {
        let module = &self.world().modules[module as usize];
        let _outside = Routing::outside();
        module
            .custom_sections()
            .filter(|section| section.name() == name)
            .map(|section| section.data().to_vec())
            .collect()
    }
}
