//! Functions of well-known packages that take an interpreter seconds and the machine an instant.
//!
//! Pure JavaScript ciphers are written for a compiler: hashing one password with scrypt costs V8 a quarter of a
//! second and QuickJS ten. Such a function is recognised, when an app is compiled, by the digest of its text, and gets
//! a guard in front of its body that asks `Convex.op` for the answer. The body stays as it is, for whatever the guard
//! does not answer; so does the number of lines, for source maps.
//!
//! **Invariant:** a known function is pure, and its native answer is byte for byte what its body would return.

mod canonical;

use sha2::{Digest, Sha256};

use canonical::Function;

/// A function to recognise.
struct Known {
    /// The operation of `Convex.op` that answers for it.
    op: &'static str,
    /// Text that stands in one of its strings, where no bundler changes it.
    marker: &'static str,
    /// SHA-256 of its canonical text, in hexadecimal.
    digest: &'static str,
}

const KNOWN: [Known; 1] = [
    // lucia 3, which hashes the passwords of @convex-dev/auth.
    Known {
        op: "scrypt",
        marker: "Scrypt: parameters too large",
        digest: "95ad5dd7f9455a4bba2b3864c789e8c641a63821762eb46a28884e5d17bcb5fe",
    },
];

/// What a known function's declaration starts with.
const HEAD: &str = "async function ";

/// Returns `source` with a guard in every function that is known.
pub(crate) fn with_guards(source: &str) -> String {
    guard(source, &KNOWN)
}

fn guard(source: &str, known: &[Known]) -> String {
    let mut guarded = source.to_owned();
    for Known { op, marker, digest } in known {
        let places: Vec<usize> = guarded.match_indices(marker).map(|(at, _)| at).collect();
        // From the last to the first, so that a guard moves none that is still to come.
        for place in places.into_iter().rev() {
            let Some(start) = guarded[..place].rfind(HEAD) else { continue };
            let Some(function) = Function::read(&guarded[start..]) else { continue };
            if digest_of(&function.canonical) == *digest {
                let guard = format!(" const known = Convex.op(\"{op}\", ...arguments); if (known) return known;");
                guarded.insert_str(start + function.body, &guard);
            }
        }
    }
    guarded
}

fn digest_of(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
