//! The data directory: who this instance is, and where its documents are.
//!
//! ```text
//! DIR/instance_name     the part in front of admin keys
//! DIR/instance_secret   64 hex digits, readable by the owner only
//! DIR/db/               the storage engine's files
//! DIR/files/            stored files, unless they are in S3
//! DIR/node/             modules and external packages of actions in Node.js; made anew when missing
//! ```

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use server::Instance;
use server::auth::instance_secret_from_hex;

const NAME_DEFAULT: &str = "concave";

pub struct DataDir {
    path: PathBuf,
}

/// What the command line says about the instance; it wins over the files, and is written there.
#[derive(Default)]
pub struct Wanted {
    pub name: Option<String>,
    pub secret: Option<String>,
}

impl DataDir {
    pub fn new(path: &Path) -> DataDir {
        DataDir { path: path.to_owned() }
    }

    /// Where the storage engine keeps its files.
    pub fn database(&self) -> PathBuf {
        self.path.join("db")
    }

    /// Where stored files are.
    pub fn files(&self) -> PathBuf {
        self.path.join("files")
    }

    /// What actions in Node.js need on disk.
    pub fn node(&self) -> PathBuf {
        self.path.join("node")
    }

    /// The instance of this directory. The first call creates directory, name and secret.
    pub fn open_instance(&self, wanted: &Wanted) -> Result<Instance> {
        fs::create_dir_all(&self.path).with_context(|| format!("create the data directory {}", self.path.display()))?;
        let name = match (&wanted.name, self.read("instance_name")?) {
            (Some(name), Some(kept)) if *name == kept => kept,
            (Some(name), _) => self.keep_name(name)?,
            (None, Some(kept)) => kept,
            (None, None) => self.keep_name(NAME_DEFAULT)?,
        };
        let secret = match (&wanted.secret, self.read("instance_secret")?) {
            (Some(secret), kept) if kept.as_deref() != Some(secret) => self.keep_secret(secret)?,
            (_, Some(kept)) => kept,
            (_, None) => self.keep_secret(&random_secret()?)?,
        };
        let secret = instance_secret_from_hex(&secret).context("read the instance secret")?;
        Ok(Instance { name, secret })
    }

    /// The instance of a directory that a server has been started on before. Changes nothing.
    pub fn existing_instance(&self) -> Result<Instance> {
        let (Some(name), Some(secret)) = (self.read("instance_name")?, self.read("instance_secret")?) else {
            bail!(
                "{} is not a data directory yet: start the server once, or say which one with --data-dir",
                self.path.display()
            );
        };
        let secret = instance_secret_from_hex(&secret)
            .with_context(|| format!("read {}", self.path.join("instance_secret").display()))?;
        Ok(Instance { name, secret })
    }

    fn read(&self, file: &str) -> Result<Option<String>> {
        let path = self.path.join(file);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text.trim().to_owned())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("read {}", path.display())),
        }
    }

    fn keep_name(&self, name: &str) -> Result<String> {
        check_name(name)?;
        self.write("instance_name", name, 0o644)?;
        Ok(name.to_owned())
    }

    fn keep_secret(&self, secret: &str) -> Result<String> {
        instance_secret_from_hex(secret)?;
        self.write("instance_secret", secret, 0o600)?;
        Ok(secret.to_owned())
    }

    /// Written beside and renamed, so that a crash leaves the old file or the new one.
    fn write(&self, file: &str, text: &str, mode: u32) -> Result<()> {
        let path = self.path.join(file);
        let beside = self.path.join(format!("{file}.new"));
        let written = || -> std::io::Result<()> {
            let mut out = OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(&beside)?;
            writeln!(out, "{text}")?;
            out.sync_all()?;
            fs::rename(&beside, &path)
        };
        written().with_context(|| format!("write {}", path.display()))
    }
}

/// The name stands in front of `|` in keys and of `:` in tools' prefixes.
fn check_name(name: &str) -> Result<()> {
    let fine = (1..=64).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    if !fine {
        bail!("an instance name has 1 to 64 letters, digits, `-`, `_` or `.`, which {name:?} does not");
    }
    Ok(())
}

fn random_secret() -> Result<String> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).context("read the system's randomness")?;
    Ok(hex::encode(secret))
}

#[cfg(test)]
mod tests;
