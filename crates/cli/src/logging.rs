//! Where log lines go and how they look.

use std::io;

use anyhow::{Context, Result};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::args::{LogFormat, LogOptions, LogOutput};
use crate::prefix::{PrefixWriter, Side};

/// Libraries below us are quiet until something is wrong.
const FILTER_DEFAULT: &str =
    "warn,concave=info,server=info,sync=info,functions=info,node=info,db=info,search=info,storage=info";

/// Lines go to standard error, or where the options say.
pub fn start(options: &LogOptions) -> Result<()> {
    match options.log_to {
        LogOutput::Stderr => install(options, io::stderr),
        LogOutput::Stdout => install(options, io::stdout),
    }
}

/// Lines go to standard error behind the server's prefix.
pub fn start_prefixed(options: &LogOptions) -> Result<()> {
    install(options, || PrefixWriter::new(Side::Server))
}

fn install<W>(options: &LogOptions, writer: W) -> Result<()>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let filter = options.log.as_deref().unwrap_or(FILTER_DEFAULT);
    let mut filter = EnvFilter::try_new(filter).with_context(|| format!("read the log filter {filter:?}"))?;
    if options.log_functions {
        // Down to what functions print with `console.debug`.
        let functions = format!("{}=debug", functions::logs::TARGET);
        filter = filter.add_directive(functions.parse().expect("a target and a level"));
    }
    // A line that cannot be written is lost in silence: complaining about it on the same full disk would end the
    // thread that logged.
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer)
        .with_target(false)
        .log_internal_errors(false);
    match options.log_format {
        LogFormat::Text => lines.with_ansi(false).init(),
        LogFormat::Json => lines.json().init(),
    }
    Ok(())
}
