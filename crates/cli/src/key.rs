//! `concave key` and `concave keygen`: only the key goes to standard output.

use std::process::ExitCode;

use anyhow::{Context, Result};
use platform::Platform;
use server::Instance;
use server::auth::{AdminKeys, instance_secret_from_hex};

use crate::args::{KeyOptions, KeygenOptions};
use crate::data_dir::DataDir;

pub fn run(options: KeyOptions) -> Result<ExitCode> {
    let instance = DataDir::new(&options.data.data_dir).existing_instance()?;
    println!("{}", mint(&instance, options.read_only));
    Ok(ExitCode::SUCCESS)
}

pub fn run_keygen(options: KeygenOptions) -> Result<ExitCode> {
    let secret = instance_secret_from_hex(&options.instance_secret).context("read --instance-secret")?;
    let instance = Instance { name: options.instance_name, secret };
    println!("{}", mint(&instance, options.read_only));
    Ok(ExitCode::SUCCESS)
}

/// A fresh admin key; earlier ones stay valid.
pub fn mint(instance: &Instance, read_only: bool) -> String {
    let platform = Platform::real();
    let mut nonce = [0; 12];
    platform.fill_random(&mut nonce);
    let issued_s = platform.now_ns() / 1_000_000_000;
    AdminKeys::new(&instance.name, &instance.secret).mint(issued_s, nonce, read_only)
}
