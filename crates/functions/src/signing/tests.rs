use std::sync::Arc;

use p256::ecdsa::VerifyingKey;
use p256::ecdsa::signature::Verifier as _;

use super::*;

fn signer_on(engine: &Arc<storage::MemoryEngine>) -> TokenSigner {
    let platform = Platform::real();
    let database = Database::open(engine.clone(), platform.clone(), db::Options::default()).unwrap();
    let signer = TokenSigner::load(&database, &platform).unwrap();
    database.shutdown();
    signer
}

#[test]
fn the_key_is_made_once_and_kept() {
    let engine = Arc::new(storage::MemoryEngine::new());
    let first = signer_on(&engine).key_set();
    assert_eq!(signer_on(&engine).key_set(), first);
    assert_ne!(signer_on(&Arc::new(storage::MemoryEngine::new())).key_set(), first);
}

#[test]
fn a_signature_holds_for_what_was_signed_only() {
    let signer = signer_on(&Arc::new(storage::MemoryEngine::new()));
    let token = signer.sign(json!({ "sub": "me" }).as_object().unwrap());
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let signature = Signature::from_slice(&URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
    let key = VerifyingKey::from(&signer.key);
    assert!(key.verify(signed.as_bytes(), &signature).is_ok());
    assert!(key.verify(format!("{signed}x").as_bytes(), &signature).is_err());
}
