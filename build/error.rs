//! The error that stops the build, with its remedy, in one line.

use std::fmt;

/// The reason why a document cannot be generated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Error {
    /// The path of the file, such as `openapi/qr.yaml`.
    pub(crate) file: String,
    /// The place in the file, as a JSON pointer (`/paths/~1v1/post`); empty for the whole file.
    pub(crate) pointer: String,
    /// The fault at that place.
    pub(crate) fault: String,
    /// The correction that the maintainer must make.
    pub(crate) advice: String,
    /// `false` if the file is not an OpenAPI document of a supported version, or if a part of it is
    /// at a URL, because the build downloads nothing.
    pub(crate) readable: bool,
}

impl Error {
    /// Returns an error without its file, which the pipeline fills in.
    pub(crate) fn at(
        pointer: impl Into<String>,
        fault: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self {
            file: String::new(),
            pointer: pointer.into(),
            fault: fault.into(),
            advice: advice.into(),
            readable: true,
        }
    }

    /// Returns an error of a file that the pipeline cannot read completely; see `readable`.
    pub(crate) fn unreadable(
        pointer: impl Into<String>,
        fault: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self {
            readable: false,
            ..Self::at(pointer, fault, advice)
        }
    }

    pub(crate) fn in_file(mut self, file: &str) -> Self {
        if self.file.is_empty() {
            file.clone_into(&mut self.file);
        }
        self
    }
}

impl fmt::Display for Error {
    /// Formats the error as one line, because `cargo::error=` ends at the first line break.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.pointer.is_empty() { "" } else { "#" };
        let text = format!(
            "{}{place}{}: {}; {}",
            self.file, self.pointer, self.fault, self.advice
        );
        f.write_str(&text.split_whitespace().collect::<Vec<_>>().join(" "))
    }
}
