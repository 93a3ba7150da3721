//! scrypt, for the functions of packages that are answered natively (`known.rs`).

use scrypt::Params as Costs;

use super::{Caller, Failure, Input, Outputs, Params};
use crate::limits::SCRYPT_WORK_BYTES;

/// `(password, salt)` to `bits` bits.
pub(super) fn derive(params: &Params, input: &Input<'_>, caller: &mut dyn Caller) -> Outputs {
    const NOT_OFFERED: Failure = Failure::NotSupported("These costs of scrypt are not offered");
    let Params { cost, block_size, parallelization, .. } = *params;
    let work = [cost, block_size, parallelization].iter().fold(128usize, |work, n| work.saturating_mul(*n as usize));
    let length = params.bits / 8;
    if !cost.is_power_of_two() || work > SCRYPT_WORK_BYTES || length == 0 || length > SCRYPT_WORK_BYTES {
        return Err(NOT_OFFERED);
    }
    // The length in the parameters is that of hashes in a text format, which is not used here.
    let log_cost = cost.trailing_zeros() as u8;
    let Ok(costs) = Costs::new(log_cost, block_size, parallelization, Costs::RECOMMENDED_LEN) else {
        return Err(NOT_OFFERED);
    };
    if caller.out_of_time() {
        return Err(Failure::Stopped);
    }
    let mut output = vec![0; length];
    scrypt::scrypt(input.at(0), input.at(1), &costs, &mut output).map_err(|_| NOT_OFFERED)?;
    Ok(vec![output])
}
