//! Runs the example programs with a time limit.

use std::io::{Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, LazyLock, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use vipps::simulator::Simulator;

/// A limit far above the run time of every program on a slow machine.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// Texts that no program may print: the keys of every simulator with the default seed, tokens of
/// any kind, and the personal data of the simulated customer.
static SECRETS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let sim = Simulator::builder().in_memory().expect("a simulator");
    let keys = sim.keys();
    let customer_data = [
        "91234567",
        "Lovelace",
        "user@example.com",
        "Dronning Eufemias",
        "user-4791234567",
        "dXNlci00NzkxMjM0NTY3",
    ];
    [
        keys.client_id(),
        keys.client_secret(),
        keys.subscription_key(),
        "Bearer e",
        "eyJ",
    ]
    .into_iter()
    .chain(customer_data)
    .map(str::to_owned)
    .collect()
});

/// Returns the path of an example program.
///
/// # Panics
///
/// If the program is missing or older than a source, because it would then test code that no longer
/// exists. `cargo test --test examples` builds no examples.
pub(crate) fn example_path(name: &str) -> PathBuf {
    let mut path = std::env::current_exe().expect("the path of this test program");
    path.pop();
    path.pop();
    let path = path
        .join("examples")
        .join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    if let Err(reason) = up_to_date(&path) {
        panic!("example {name}: {reason}; run `cargo test` or `cargo build --examples` first");
    }
    path
}

/// Compares the program with its sources, which Cargo lists in a file beside it.
pub(crate) fn up_to_date(program: &Path) -> Result<(), String> {
    let modified = |path: &Path| {
        std::fs::metadata(path)
            .and_then(|data| data.modified())
            .map_err(|error| format!("{}: {error}", path.display()))
    };
    let built = modified(program)?;
    let list = program.with_extension("d");
    let list =
        std::fs::read_to_string(&list).map_err(|error| format!("{}: {error}", list.display()))?;
    let (_, sources) = list
        .split_once(": ")
        .ok_or("its list of sources is empty")?;
    // Cargo writes a space inside a path as `\ `.
    for source in sources.trim_end().replace("\\ ", "\0").split(' ') {
        let source = source.replace('\0', " ");
        if modified(Path::new(&source))? > built {
            return Err(format!("{source} is newer than the program"));
        }
    }
    Ok(())
}

/// Returns the command of an example, without environment variables of this crate.
pub(crate) fn example(name: &str) -> Command {
    let mut command = Command::new(example_path(name));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("VIPPS_") {
            command.env_remove(name);
        }
    }
    command
}

/// Returns the command of an example, with the environment variables that select a simulator.
pub(crate) fn example_against(sim: &Simulator, name: &str) -> Command {
    let mut command = example(name);
    for (name, value) in variables(sim) {
        command.env(name, value);
    }
    command
}

pub(crate) fn variables(sim: &Simulator) -> [(&'static str, &str); 5] {
    let keys = sim.keys();
    [
        ("VIPPS_BASE_URL", sim.base_url()),
        ("VIPPS_CLIENT_ID", keys.client_id()),
        ("VIPPS_CLIENT_SECRET", keys.client_secret()),
        ("VIPPS_SUBSCRIPTION_KEY", keys.subscription_key()),
        (
            "VIPPS_MERCHANT_SERIAL_NUMBER",
            keys.merchant_serial_number(),
        ),
    ]
}

/// A running program. It is killed when the value is dropped.
pub(crate) struct Program {
    child: Child,
    out: Reader,
    err: Reader,
}

/// The exit code and the output of a program. The code is `None` if a signal ended the program.
#[derive(Debug)]
pub(crate) struct ProgramOutput {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

pub(crate) fn run(command: &mut Command) -> ProgramOutput {
    Program::start(command, "").wait_for_exit()
}

impl Program {
    pub(crate) fn start(command: &mut Command, input: &str) -> Self {
        Self::start_reading(command, input, None)
    }

    /// Starts a program and closes the pipe of its output once `last` was read, as `| head` does.
    pub(crate) fn start_and_close_after(command: &mut Command, last: &str) -> Self {
        Self::start_reading(command, "", Some(last.to_owned()))
    }

    fn start_reading(command: &mut Command, input: &str, last: Option<String>) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let (out, err) = (child.stdout.take(), child.stderr.take());
        let mut stdin = child.stdin.take().expect("a pipe");
        // A program that reads no input may have exited already.
        let _ = stdin.write_all(input.as_bytes());
        Self {
            child,
            out: Reader::start(out.expect("a pipe"), last),
            err: Reader::start(err.expect("a pipe"), None),
        }
    }

    /// Waits until a line contains this text, and returns that line.
    pub(crate) fn wait_for(&mut self, text: &str) -> String {
        let start_time = Instant::now();
        loop {
            // The state is read before the output, so that the last lines are found.
            let has_exited = self.child.try_wait().expect("a child").is_some();
            let out = self.out.text();
            let whole = out.rfind('\n').map_or("", |at| &out[..at]);
            if let Some(line) = whole.lines().find(|line| line.contains(text)) {
                return line.to_owned();
            }
            assert!(
                !has_exited && start_time.elapsed() < TIME_LIMIT,
                "{text:?} was never printed:\n{out}{}",
                self.err.text()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Returns the output so far.
    pub(crate) fn output_so_far(&self) -> String {
        self.out.text()
    }

    /// Sends a signal, such as `INT`.
    #[cfg(unix)]
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args([format!("-{name}"), self.child.id().to_string()])
            .status()
            .expect("kill runs");
        assert!(sent.success());
    }

    /// Waits until the program exits, and searches its output for secrets.
    pub(crate) fn wait_for_exit(self) -> ProgramOutput {
        let output = self.wait_for_exit_without_search();
        for secret in &*SECRETS {
            let output_text = format!("{}{}", output.out, output.err);
            assert!(
                !output_text.contains(secret),
                "{secret} is shown:\n{output_text}"
            );
        }
        output
    }

    /// Like `wait_for_exit`, for a program that may print whole phone numbers: its output is not
    /// searched for secrets.
    pub(crate) fn wait_for_exit_without_search(mut self) -> ProgramOutput {
        let start_time = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                break status;
            }
            assert!(
                start_time.elapsed() < TIME_LIMIT,
                "the program has not exited within {TIME_LIMIT:?}:\n{}{}",
                self.out.text(),
                self.err.text()
            );
            std::thread::sleep(Duration::from_millis(10));
        };
        ProgramOutput {
            code: status.code(),
            out: self.out.end(),
            err: self.err.end(),
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads a pipe, so that it never fills up.
struct Reader {
    bytes: Arc<Mutex<Vec<u8>>>,
    thread: Option<JoinHandle<()>>,
}

impl Reader {
    /// Reads to the end, or until `last` was read, and closes the pipe then.
    fn start(pipe: impl Read + Send + 'static, last: Option<String>) -> Self {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let shared_bytes = Arc::clone(&bytes);
        let thread = std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            let mut pipe = Some(pipe);
            while let Some(open) = &mut pipe
                && let Ok(read @ 1..) = open.read(&mut buffer)
            {
                let mut read_bytes = shared_bytes.lock().expect("no panic while it is held");
                read_bytes.extend_from_slice(&buffer[..read]);
                let text = String::from_utf8_lossy(&read_bytes);
                if last.as_ref().is_some_and(|last| text.contains(last)) {
                    // The pipe is closed under the lock, so a test that finds `last` finds the pipe
                    // closed.
                    pipe = None;
                }
            }
        });
        Self {
            bytes,
            thread: Some(thread),
        }
    }

    fn text(&self) -> String {
        let bytes = self.bytes.lock().expect("no panic while it is held");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn end(&mut self) -> String {
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the reader thread");
        }
        self.text()
    }
}
