//! A starter, seen from outside.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::spawn;
use std::time::Duration;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(100);

/// The words of one start.
#[derive(Clone)]
pub(crate) struct Start(Vec<String>);

impl Start {
    pub(crate) fn of(list: &Path, database: &Path) -> Start {
        Start([list, database].iter().map(|path| path.display().to_string()).collect())
    }

    pub(crate) fn with(mut self, option: &str, value: impl ToString) -> Start {
        self.0.extend([option.to_owned(), value.to_string()]);
        self
    }

    pub(crate) fn stop(self, point: &str) -> Start {
        self.with("stop", point)
    }

    /// In a process of its own.
    pub(crate) fn spawn(&self) -> Process {
        Process::spawn(&self.0)
    }

    /// In a process of its own, to its end.
    pub(crate) fn run(&self) -> Outcome {
        self.spawn().outcome()
    }
}

/// What a starter says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    At(String),
    Waiting,
    Ended(Outcome),
    /// Nothing more: the process is gone.
    Gone,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) well: bool,
    /// `fresh`, `applied`, `adopted`, `current`; or the kind of error.
    pub(crate) kind: String,
    /// What was recorded.
    pub(crate) names: Vec<String>,
    pub(crate) took: Duration,
    pub(crate) message: String,
}

/// A running starter; dropped, it is killed.
pub(crate) struct Process {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl Process {
    /// One that serves many starts.
    pub(crate) fn serve() -> Process {
        Process::spawn(&["serve".to_owned()])
    }

    fn spawn(arguments: &[String]) -> Process {
        let mut command = Command::new(env!("CARGO_BIN_EXE_starter"));
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the starter starts");
        let output = BufReader::new(child.stdout.take().expect("its output"));
        let (sender, lines) = channel();
        spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Process { input: child.stdin.take(), child, lines }
    }

    pub(crate) fn begin(&mut self, start: &Start) {
        self.say(&start.0.join("\t"));
    }

    /// Lets one that stopped go on.
    pub(crate) fn go(&mut self) {
        self.say("go");
    }

    fn say(&mut self, line: &str) {
        let input = self.input.as_mut().expect("its input");
        // One that was killed hears nothing.
        let _ = writeln!(input, "{line}").and_then(|()| input.flush());
    }

    pub(crate) fn hear(&mut self) -> Said {
        self.hear_within(PATIENCE).expect("a starter says something in time")
    }

    /// `None`: nothing in that time.
    pub(crate) fn hear_within(&mut self, patience: Duration) -> Option<Said> {
        use std::sync::mpsc::RecvTimeoutError::{Disconnected, Timeout};
        match self.lines.recv_timeout(patience) {
            Ok(line) => Some(Said::parse(&line)),
            Err(Disconnected) => Some(Said::Gone),
            Err(Timeout) => None,
        }
    }

    /// Waits until it is at a point, letting it go on from others.
    pub(crate) fn reach(&mut self, point: &str) {
        loop {
            match self.hear() {
                Said::At(at) if at == point => return,
                Said::At(_) => self.go(),
                Said::Waiting => {}
                said => panic!("{said:?} before `{point}`"),
            }
        }
    }

    /// Lets it run to its end.
    pub(crate) fn outcome(&mut self) -> Outcome {
        loop {
            match self.hear() {
                Said::Ended(outcome) => return outcome,
                Said::At(_) => self.go(),
                Said::Waiting => {}
                Said::Gone => panic!("the starter died: {:?}", self.child.wait()),
            }
        }
    }

    /// `kill -9`; the answer is whether that came before its end.
    pub(crate) fn kill(mut self) -> bool {
        self.child.kill().expect("kill");
        let status = self.child.wait().expect("wait");
        status.code().is_none()
    }

    /// `STOP` or `CONT`.
    pub(crate) fn signal(&self, signal: &str) {
        let kill = format!("kill -{signal} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().expect("sh").success(), "{kill}");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Said {
    fn parse(line: &str) -> Said {
        if let Some(point) = line.strip_prefix("at ") {
            return Said::At(point.to_owned());
        }
        if line == "waiting" {
            return Said::Waiting;
        }
        let fields: Vec<&str> = line.splitn(5, '\t').collect();
        let [word, kind, names, took, message] = fields[..] else { panic!("`{line}` is no outcome") };
        Said::Ended(Outcome {
            well: word == "ok",
            kind: kind.to_owned(),
            names: names.split_whitespace().map(str::to_owned).collect(),
            took: Duration::from_millis(took.parse().expect("milliseconds")),
            message: message.to_owned(),
        })
    }
}
