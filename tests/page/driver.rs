//! A real browser, headless, driven through `WebDriver`: JSON over HTTP to Debian's `chromedriver`.

use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use serde_json::{Value, json};

/// The limit for each wait. A busy machine needs many seconds.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A browser with one window. Dropping the value closes the browser.
pub(crate) struct Browser {
    driver: Child,
    http: reqwest::Client,
    session: String,
    profile: PathBuf,
}

/// Opens a browser. Returns `None` if none is installed, which is a failure in CI on Linux.
pub(crate) async fn browser(name: &str) -> Option<Browser> {
    let is_installed = |program: &str| {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
    };
    let missing: Vec<_> = ["chromium", "chromedriver"]
        .into_iter()
        .filter(|program| !is_installed(program))
        .collect();
    if missing.is_empty() {
        return Some(Browser::open(name).await);
    }
    assert!(
        !cfg!(target_os = "linux") || std::env::var_os("CI").is_none(),
        "{} not installed",
        missing.join(" and ")
    );
    eprintln!(
        "SKIPPED {name}: {} not installed; run `apt-get install chromium chromium-driver`",
        missing.join(" and ")
    );
    None
}

impl Browser {
    async fn open(name: &str) -> Self {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver starts");
        let mut output = BufReader::new(driver.stdout.take().expect("a pipe"));
        let port = loop {
            let mut line = String::new();
            let read = output.read_line(&mut line).expect("text");
            assert!(read > 0, "chromedriver exited before it printed its port");
            if let Some((_, port)) = line.split_once("started successfully on port ") {
                break port.trim().trim_end_matches('.').to_owned();
            }
        };
        // The rest of the output is drained, because the driver would block on a full pipe.
        std::thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
        let profile = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-profile"));
        drop(std::fs::remove_dir_all(&profile));
        let mut browser = Self {
            driver,
            http: reqwest::Client::new(),
            session: format!("http://127.0.0.1:{port}/session"),
            profile,
        };
        let arguments = [
            "--headless",
            // Chromium has no sandbox when it runs as root in a container.
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ];
        let mut arguments: Vec<String> = arguments.map(str::to_owned).into();
        arguments.push(format!("--user-data-dir={}", browser.profile.display()));
        let capabilities = json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "goog:loggingPrefs": {"browser": "ALL"},
            "goog:chromeOptions": {"args": arguments},
        }}});
        let session = browser.send("", Some(&capabilities)).await;
        let id = session["sessionId"].as_str().expect("a session").to_owned();
        browser.session = format!("{}/{id}", browser.session);
        browser.set_screen(1280, 900, "light").await;
        browser
    }

    async fn send(&self, path: &str, body: Option<&Value>) -> Value {
        let url = format!("{}{path}", self.session);
        let request = match body {
            Some(body) => self.http.post(url).json(body),
            None => self.http.get(url),
        };
        let response = request.send().await.expect("a response of chromedriver");
        let status = response.status();
        let mut response: Value = response.json().await.expect("JSON");
        assert!(status.is_success(), "{path}: {response}");
        response["value"].take()
    }

    pub(crate) async fn open_url(&self, url: &str) {
        self.send("/url", Some(&json!({"url": url}))).await;
    }

    /// Runs the body of a script in the page. Returns its result.
    pub(crate) async fn run(&self, script: &str) -> Value {
        let body = json!({"script": script, "args": []});
        self.send("/execute/sync", Some(&body)).await
    }

    /// Runs a script until its result is neither null nor false. Returns the result.
    pub(crate) async fn wait_until(&self, script: &str) -> Value {
        let started = Instant::now();
        loop {
            let value = self.run(script).await;
            if !matches!(value, Value::Null | Value::Bool(false)) {
                return value;
            }
            if started.elapsed() > TIMEOUT {
                let shown = self.run("return document.body.innerText").await;
                panic!("not true within {TIMEOUT:?}: {script}\n{shown}");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until an element has this text.
    pub(crate) async fn wait_for_text(&self, selector: &str, text: &str) {
        let script = format!(
            "const found = document.querySelector({}); return found && found.innerText.trim() === {}",
            json!(selector),
            json!(text)
        );
        self.wait_until(&script).await;
    }

    async fn element(&self, selector: &str) -> String {
        let body = json!({"using": "css selector", "value": selector});
        let found = self.send("/element", Some(&body)).await;
        let id = found.as_object().and_then(|found| found.values().next());
        id.and_then(Value::as_str).expect("an element").to_owned()
    }

    /// Clicks an element at its visible position. An element below another one cannot be clicked.
    pub(crate) async fn click(&self, selector: &str) {
        let element = self.element(selector).await;
        self.send(&format!("/element/{element}/click"), Some(&json!({})))
            .await;
    }

    pub(crate) async fn type_text(&self, selector: &str, text: &str) {
        let element = self.element(selector).await;
        let path = format!("/element/{element}/value");
        self.send(&path, Some(&json!({"text": text}))).await;
    }

    /// Presses and releases the key with this `WebDriver` code.
    pub(crate) async fn press(&self, key: &str) {
        let steps = json!([{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]);
        let keyboard = json!({"type": "key", "id": "keyboard", "actions": steps});
        let body = json!({ "actions": [keyboard] });
        self.send("/actions", Some(&body)).await;
    }

    /// Returns the text of the focused element.
    pub(crate) async fn focused(&self) -> Value {
        self.run("return document.activeElement.innerText").await
    }

    /// Takes a screenshot of one element.
    pub(crate) async fn screenshot_of(&self, selector: &str) -> Vec<u8> {
        let place = format!(
            "const place = document.querySelector({}).getBoundingClientRect();
             return {{ x: place.x + scrollX, y: place.y + scrollY, width: place.width, height: place.height, scale: 1 }}",
            json!(selector)
        );
        let clip = self.run(&place).await;
        let parameters = json!({"format": "png", "captureBeyondViewport": true, "clip": clip});
        let response = self.devtools("Page.captureScreenshot", parameters).await;
        decode_base64(&response["data"])
    }

    /// Takes a screenshot of the whole page and saves it as `page-NAME.png` for inspection.
    pub(crate) async fn screenshot(&self, name: &str) -> Vec<u8> {
        let parameters = json!({"format": "png", "captureBeyondViewport": true});
        let response = self.devtools("Page.captureScreenshot", parameters).await;
        let screenshot = decode_base64(&response["data"]);
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("page-{name}.png"));
        std::fs::write(&path, &screenshot).expect("a file");
        eprintln!("{}", path.display());
        screenshot
    }

    /// Sets the size of the window and the preferred colour scheme.
    pub(crate) async fn set_screen(&self, width: u32, height: u32, scheme: &str) {
        let is_phone = width < 500;
        let size = json!({
            "width": width, "height": height, "mobile": is_phone,
            "deviceScaleFactor": if is_phone { 2 } else { 1 },
        });
        self.devtools("Emulation.setDeviceMetricsOverride", size)
            .await;
        // Animations are off, so that a screenshot shows the final state.
        let scheme = json!({"features": [
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]});
        self.devtools("Emulation.setEmulatedMedia", scheme).await;
    }

    /// Ends the session over a blocking socket, since `drop` cannot await.
    fn end_session(&self) -> std::io::Result<()> {
        let address = self.session.trim_start_matches("http://");
        let (address, path) = address.split_once('/').unwrap_or_default();
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        write!(stream, "DELETE /{path} HTTP/1.1\r\nHost: {address}\r\n\r\n")?;
        // The response arrives when the browser has exited. The driver keeps the connection open,
        // so the socket must not be read to its end.
        stream.read_exact(&mut [0])?;
        Ok(())
    }

    pub(crate) async fn devtools(&self, command: &str, parameters: Value) -> Value {
        let body = json!({"cmd": command, "params": parameters});
        self.send("/goog/cdp/execute", Some(&body)).await
    }

    /// Returns the browser's log entries since the previous call.
    pub(crate) async fn log_entries(&self) -> Vec<Value> {
        let log = self
            .send("/se/log", Some(&json!({"type": "browser"})))
            .await;
        log.as_array().expect("a list").clone()
    }
}

fn decode_base64(screenshot: &Value) -> Vec<u8> {
    base64::engine::general_purpose::STANDARD
        .decode(screenshot.as_str().expect("base64"))
        .expect("base64")
}

impl Drop for Browser {
    /// A browser outlives its chromedriver unless the session is ended first, also when a test has
    /// failed.
    fn drop(&mut self) {
        drop(self.end_session());
        drop(self.driver.kill());
        drop(self.driver.wait());
        drop(std::fs::remove_dir_all(&self.profile));
    }
}
