//! Unpacks the data of `Intl`, so that the binary holds it readable in place and only what is read takes memory.

use std::path::Path;
use std::{env, fs};

fn main() {
    let packed = Path::new("cldr/cldr.bin.deflate");
    println!("cargo::rerun-if-changed={}", packed.display());
    let bytes = fs::read(packed).expect("cldr/cldr.bin.deflate is part of the sources");
    let unpacked = miniz_oxide::inflate::decompress_to_vec(&bytes).expect("cldr/cldr.bin.deflate is whole");
    let target = env::var_os("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&target).join("cldr.bin"), unpacked).expect("OUT_DIR is writable");
}
