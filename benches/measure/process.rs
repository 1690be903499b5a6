//! What this process has done so far, as far as the system tells.

/// Reads and writes, open files and sockets, threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done {
    pub reads_and_writes: u64,
    pub files: u64,
    pub threads: u64,
}

impl Done {
    fn so_far() -> Option<Self> {
        let count = |path| Some(std::fs::read_dir(path).ok()?.count() as u64);
        let (files, threads) = (count("/proc/self/fd")?, count("/proc/self/task")?);
        let told = std::fs::read_to_string("/proc/self/io").ok()?;
        let number = |name| {
            let line = told.lines().find_map(|line| line.strip_prefix(name));
            line?.trim().parse::<u64>().ok()
        };
        Some(Self {
            reads_and_writes: number("syscr:")? + number("syscw:")?,
            files,
            threads,
        })
    }
}

/// What a run has done, the looking itself left out; `None` where the system does not tell.
pub fn watched<T>(run: impl FnOnce() -> T) -> (T, Option<Done>) {
    let (first, before) = (Done::so_far(), Done::so_far());
    let done = run();
    let after = Done::so_far();
    let told = || {
        let (first, before, after) = (first?, before?, after?);
        let looking = before.reads_and_writes - first.reads_and_writes;
        Some(Done {
            reads_and_writes: after.reads_and_writes - before.reads_and_writes - looking,
            files: after.files.saturating_sub(before.files),
            threads: after.threads.saturating_sub(before.threads),
        })
    };
    let told = told();
    (done, told)
}
