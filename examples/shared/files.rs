//! Files that an example writes for its user.

use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use anyhow::{Context, Result};

/// Writes a file, and the folders that lead to it. One that is there is kept, unless `overwrite` says otherwise.
pub(crate) fn write(path: &Path, bytes: &[u8], overwrite: bool) -> Result<()> {
    let shown = path.display();
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)
            .with_context(|| format!("the folder {} cannot be made", folder.display()))?;
    }
    let file = if overwrite {
        File::create(path)
    } else {
        File::create_new(path)
    };
    match file {
        Ok(mut file) => file.write_all(bytes),
        Err(error) => Err(error),
    }
    .with_context(|| format!("{shown} cannot be written"))
}

/// Refuses what [`write`] would refuse, before anything is done for it.
pub(crate) fn check(path: &Path, overwrite: bool) -> Result<()> {
    match fs::symlink_metadata(path) {
        Ok(_) if !overwrite => anyhow::bail!(
            "{} exists; --overwrite replaces it, or name another place",
            path.display()
        ),
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} cannot be written", path.display()))
        }
        _ => Ok(()),
    }
}
