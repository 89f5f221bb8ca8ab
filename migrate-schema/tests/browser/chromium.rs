//! A headless Chromium, driven over the pipe of its DevTools protocol.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

pub(crate) struct Chromium {
    child: Child,
    to: ChildStdin,
    from: Receiver<Value>,
    session: Option<String>,
    asked: u64,
    /// Everything that happened on its own: `Network.requestWillBeSent`, `Log.entryAdded`, …
    pub(crate) events: Vec<Value>,
    _profile: tempfile::TempDir,
}

/// Where Chromium is, if it is anywhere.
pub(crate) fn find() -> Option<PathBuf> {
    let named = std::env::var_os("CHROMIUM").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let found =
        std::env::split_paths(&path).flat_map(|dir| names.map(|name| dir.join(name))).find(|file| file.is_file());
    named.or(found)
}

impl Chromium {
    /// Starts it with an empty page of a size.
    pub(crate) fn start(at: &Path, (width, height): (u32, u32)) -> Chromium {
        let profile = tempfile::tempdir().unwrap();
        // It speaks on the file descriptors 3 and 4, which only a shell can open without `unsafe` code.
        let mut shell = Command::new("sh");
        shell.args(["-c", "exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>/dev/null"]).arg(at);
        let mut user_data = OsString::from("--user-data-dir=");
        user_data.push(profile.path());
        shell.arg(user_data).args(["--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu"]);
        shell.args(["--disable-dev-shm-usage", "--hide-scrollbars", "--no-first-run", "--disable-extensions"]);
        let mut child = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (to, out) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (sender, from) = channel();
        std::thread::spawn(move || {
            for message in BufReader::new(out).split(0) {
                let Ok(message) = message else { return };
                let Ok(message) = serde_json::from_slice(&message) else { continue };
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        let mut it = Chromium { child, to, from, session: None, asked: 0, events: Vec::new(), _profile: profile };
        let target = it.ask("Target.createTarget", json!({ "url": "about:blank" }))["targetId"].clone();
        let session = it.ask("Target.attachToTarget", json!({ "targetId": target, "flatten": true }));
        it.session = Some(session["sessionId"].as_str().unwrap().to_owned());
        for domain in ["Page", "Runtime", "Network", "Log"] {
            it.ask(&format!("{domain}.enable"), json!({}));
        }
        it.size(width, height);
        it
    }

    /// Calls a method of the protocol and waits for what it answers.
    pub(crate) fn ask(&mut self, method: &str, parameters: Value) -> Value {
        self.asked += 1;
        let mut message = json!({ "id": self.asked, "method": method, "params": parameters });
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.to.write_all(message.to_string().as_bytes()).and_then(|()| self.to.write_all(&[0])).unwrap();
        loop {
            let answer = self.next(method);
            if answer["id"] == json!(self.asked) {
                assert!(answer["error"].is_null(), "{method}: {}", answer["error"]);
                return answer["result"].clone();
            }
            self.events.push(answer);
        }
    }

    fn next(&mut self, why: &str) -> Value {
        self.from.recv_timeout(Duration::from_secs(60)).unwrap_or_else(|error| panic!("{why}: {error}"))
    }

    /// Opens an address and waits until it is there.
    pub(crate) fn open(&mut self, address: &str) {
        // A page that differs in its fragment alone would not be loaded again.
        self.ask("Page.navigate", json!({ "url": "about:blank" }));
        self.loaded();
        self.ask("Page.navigate", json!({ "url": address }));
        self.loaded();
    }

    fn loaded(&mut self) {
        let is_load = |event: &Value| event["method"] == "Page.loadEventFired";
        while !self.events.iter().any(is_load) {
            let event = self.next("load");
            self.events.push(event);
        }
        self.events.retain(|event| !is_load(event));
    }

    pub(crate) fn size(&mut self, width: u32, height: u32) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.ask("Emulation.setDeviceMetricsOverride", size);
    }

    /// The value of an expression on the page.
    pub(crate) fn value(&mut self, expression: &str) -> Value {
        let answer = self
            .ask("Runtime.evaluate", json!({ "expression": expression, "returnByValue": true, "awaitPromise": true }));
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {}", answer["exceptionDetails"]);
        answer["result"]["value"].clone()
    }

    /// Waits until an expression is true.
    pub(crate) fn wait_for(&mut self, expression: &str) {
        for _ in 0..200 {
            if self.value(expression) == true {
                return;
            }
            std::thread::sleep(Duration::from_millis(25));
        }
        panic!("never: {expression}");
    }

    /// Presses a key and lets it go.
    pub(crate) fn press(&mut self, key: &str) {
        let code = match key {
            "ArrowLeft" => 37,
            "ArrowRight" => 39,
            "Home" => 36,
            "End" => 35,
            "Escape" => 27,
            "Enter" => 13,
            "Tab" => 9,
            other => panic!("{other}"),
        };
        for kind in ["rawKeyDown", "keyUp"] {
            let event = json!({ "type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code });
            self.ask("Input.dispatchKeyEvent", event);
        }
    }

    /// Clicks into the middle of what a selector finds.
    pub(crate) fn click(&mut self, selector: &str) {
        let selector = json!(selector);
        let at = self.value(&format!(
            "(() => {{ const r = document.querySelector({selector}).getBoundingClientRect(); \
             return [r.x + r.width / 2, r.y + Math.min(r.height / 2, 12)]; }})()"
        ));
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({ "type": kind, "x": at[0], "y": at[1], "button": "left", "clickCount": 1 });
            self.ask("Input.dispatchMouseEvent", event);
        }
    }

    /// What the reader prefers: `("prefers-color-scheme", "dark")`; and the medium, `print` or `screen`.
    pub(crate) fn prefer(&mut self, medium: &str, features: &[(&str, &str)]) {
        let features: Vec<Value> =
            features.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
        self.ask("Emulation.setEmulatedMedia", json!({ "media": medium, "features": features }));
    }

    /// What is seen, as PNG.
    pub(crate) fn screenshot(&mut self) -> Vec<u8> {
        let answer = self.ask("Page.captureScreenshot", json!({ "format": "png" }));
        STANDARD.decode(answer["data"].as_str().unwrap()).unwrap()
    }

    /// What the page asked any network for, and what the browser complained of.
    pub(crate) fn complaints(&mut self) -> Vec<String> {
        self.value("0");
        let of = |event: &Value| match event["method"].as_str()? {
            "Network.requestWillBeSent" => {
                let address = event["params"]["request"]["url"].as_str()?;
                (!address.starts_with("file:") && address != "about:blank").then(|| address.to_owned())
            }
            "Log.entryAdded" => Some(event["params"]["entry"]["text"].to_string()),
            "Runtime.exceptionThrown" => Some(event["params"]["exceptionDetails"].to_string()),
            "Runtime.consoleAPICalled" => Some(event["params"]["args"].to_string()),
            "Page.javascriptDialogOpening" => Some(event["params"]["message"].to_string()),
            _ => None,
        };
        self.events.iter().filter_map(of).collect()
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // The shell became the browser, which ends its children.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
