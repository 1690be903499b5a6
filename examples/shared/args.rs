//! Arguments of the command line.

use std::error::Error;
use std::str::FromStr;

use anyhow::{Context, Result, anyhow};

/// The value of the option `name`, read as what it must be.
pub(crate) fn value<T>(args: &mut lexopt::Parser, name: &'static str) -> Result<T>
where
    T: FromStr<Err: Error + Send + Sync + 'static>,
{
    let text = args.value()?;
    let text = text
        .into_string()
        .map_err(|_| anyhow!("{name}: not UTF-8"))?;
    text.parse().context(name)
}
