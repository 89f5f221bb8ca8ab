//! A line between a program and its server that breaks as it is told.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{sleep, spawn};
use std::time::Duration;

use migrate_remote::Remote;

use crate::server::Server;

/// What a line does to a connection, by its number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Cut {
    /// Nothing.
    No,
    /// The request does not reach the server.
    Request,
    /// The server has carried it out, and the answer does not arrive.
    Answer,
    /// Half of the answer arrives.
    Half,
    /// So many bytes of the request reach the server.
    RequestAt(usize),
    /// So many bytes of the answer arrive.
    AnswerAt(usize),
    /// The server has carried it out, and nothing more is heard.
    Silence,
}

/// A line to a server that breaks as it is told, one request a connection.
pub(crate) struct Line {
    pub(crate) port: u16,
    pub(crate) requests: Arc<AtomicUsize>,
    /// How many bytes each request had, and its answer.
    pub(crate) lengths: Arc<Mutex<Vec<(usize, usize)>>>,
}

/// What is told of each request and its answer.
struct Told {
    target: u16,
    requests: Arc<AtomicUsize>,
    lengths: Arc<Mutex<Vec<(usize, usize)>>>,
    before: Box<dyn Fn(usize) -> Cut + Send + Sync>,
    after: Box<dyn Fn(usize) + Send + Sync>,
}

impl Line {
    pub(crate) fn to(server: &Server, cut: impl Fn(usize) -> Cut + Send + Sync + 'static) -> Line {
        Line::watched(server, cut, |_| {})
    }

    /// One is called with each request before the server has it, the other one before the client has its answer.
    pub(crate) fn watched(
        server: &Server,
        before: impl Fn(usize) -> Cut + Send + Sync + 'static,
        after: impl Fn(usize) + Send + Sync + 'static,
    ) -> Line {
        Line::to_port(server.port, before, after)
    }

    pub(crate) fn to_port(
        target: u16,
        before: impl Fn(usize) -> Cut + Send + Sync + 'static,
        after: impl Fn(usize) + Send + Sync + 'static,
    ) -> Line {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (requests, lengths) = (Arc::default(), Arc::default());
        let line = Line { port, requests: Arc::clone(&requests), lengths: Arc::clone(&lengths) };
        let (before, after) = (Box::new(before), Box::new(after));
        let told = Arc::new(Told { target, requests, lengths, before, after });
        spawn(move || {
            for client in listener.incoming().flatten() {
                let told = Arc::clone(&told);
                spawn(move || pass(client, &told));
            }
        });
        line
    }

    pub(crate) fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn remote(&self) -> Remote {
        Remote::new(&self.address()).unwrap()
    }
}

/// Reads whole requests and whole answers, so that a cut is where it is meant to be.
fn pass(mut client: TcpStream, told: &Told) {
    while let Some(request) = message(&mut client) {
        let number = told.requests.fetch_add(1, Ordering::SeqCst);
        let cut = (told.before)(number);
        if cut == Cut::Request {
            break;
        }
        let Ok(mut server) = TcpStream::connect(("127.0.0.1", told.target)) else { break };
        if let Cut::RequestAt(bytes) = cut {
            let _ = server.write_all(&request[..bytes.min(request.len())]);
            let _ = server.shutdown(Shutdown::Both);
            break;
        }
        if server.write_all(&request).is_err() {
            break;
        }
        let Some(answer) = message(&mut server) else { break };
        told.lengths.lock().unwrap().push((request.len(), answer.len()));
        (told.after)(number);
        match cut {
            Cut::Answer => break,
            Cut::Silence => {
                sleep(Duration::from_secs(5));
                break;
            }
            Cut::AnswerAt(bytes) => {
                let _ = client.write_all(&answer[..bytes.min(answer.len())]);
                break;
            }
            Cut::Half => {
                let _ = client.write_all(&answer[..answer.len() / 2]);
                break;
            }
            _ => {
                if client.write_all(&answer).is_err() {
                    break;
                }
            }
        }
    }
    let _ = client.shutdown(Shutdown::Both);
}

/// One message of HTTP with a `content-length`, or in chunks.
pub(crate) fn message(from: &mut impl Read) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut more = [0; 65536];
    loop {
        let read = from.read(&mut more).ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&more[..read]);
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4) else { continue };
        let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
        let is_whole = match length {
            Some(length) => bytes.len() >= end + length,
            None => bytes.ends_with(b"0\r\n\r\n"),
        };
        if is_whole {
            return Some(bytes);
        }
    }
}
