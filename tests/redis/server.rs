//! A Redis server that is already running, or that a test starts.

use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub(crate) struct Server {
    url: String,
    child: Option<Child>,
}

impl Server {
    /// Returns the server that the environment names, or starts one.
    pub(crate) fn from_env_or_start() -> Option<Self> {
        match std::env::var("VIPPS_TEST_REDIS") {
            Ok(url) => Some(Self { url, child: None }),
            Err(_) => Self::start_own(),
        }
    }

    /// Starts a server for one test.
    pub(crate) fn start_own() -> Option<Self> {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        Self::start(port)
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn kill(mut self) {
        self.stop();
    }

    /// Starts an empty server at the same address.
    pub(crate) fn restart(mut self) -> Self {
        self.stop();
        let port = self.url.rsplit(':').next().unwrap().parse().unwrap();
        Self::start(port).unwrap()
    }

    fn start(port: u16) -> Option<Self> {
        let started = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--port", &port.to_string()])
            .args(["--save", "", "--appendonly", "no"])
            .stdout(Stdio::null())
            .spawn();
        let Ok(child) = started else {
            // `.ci/packages` installs a server on Linux only.
            let in_ci = cfg!(target_os = "linux") && std::env::var_os("CI").is_some();
            let required = in_ci || std::env::var_os("VIPPS_TEST_REDIS").is_some();
            assert!(!required, "redis-server is not installed");
            // The test harness hides the standard output of a test that passes, but not this.
            let _ = writeln!(
                std::io::stderr(),
                "SKIPPED: redis-server is not installed, so the token store was not tested"
            );
            return None;
        };
        let server = Self {
            url: format!("redis://127.0.0.1:{port}"),
            child: Some(child),
        };
        let start_time = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(
                start_time.elapsed() < Duration::from_secs(30),
                "redis-server does not listen within 30 s"
            );
            std::thread::sleep(Duration::from_millis(10));
        }
        Some(server)
    }

    fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}
