//! A line between a program and its server that breaks as it is told.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{sleep, spawn};
use std::time::Duration;

use migrate_remote::Remote;

use crate::server::Server;

/// What a line does to a connection, by its number.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Cut {
    /// Nothing.
    No,
    /// The request does not reach the server.
    Request,
    /// The server has carried it out, and the answer does not arrive.
    Answer,
    /// Half of the answer arrives.
    Half,
    /// The server has carried it out, and nothing more is heard.
    Silence,
}

/// A line to a server that breaks as it is told, one request a connection.
pub(crate) struct Line {
    pub(crate) port: u16,
    pub(crate) requests: Arc<AtomicUsize>,
}

impl Line {
    pub(crate) fn to(server: &Server, cut: impl Fn(usize) -> Cut + Send + Sync + 'static) -> Line {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (port, target) = (listener.local_addr().unwrap().port(), server.port);
        let requests = Arc::new(AtomicUsize::new(0));
        let (counter, cut) = (Arc::clone(&requests), Arc::new(cut));
        spawn(move || {
            for client in listener.incoming().flatten() {
                let (counter, cut) = (Arc::clone(&counter), Arc::clone(&cut));
                spawn(move || pass(client, target, &counter, &*cut));
            }
        });
        Line { port, requests }
    }

    pub(crate) fn remote(&self) -> Remote {
        Remote::new(&format!("http://127.0.0.1:{}", self.port)).unwrap()
    }
}

/// Reads whole requests and whole answers, so that a cut is where it is meant to be.
fn pass(mut client: TcpStream, target: u16, counter: &AtomicUsize, cut: &dyn Fn(usize) -> Cut) {
    while let Some(request) = message(&mut client) {
        let cut = cut(counter.fetch_add(1, Ordering::SeqCst));
        if cut == Cut::Request {
            break;
        }
        let Ok(mut server) = TcpStream::connect(("127.0.0.1", target)) else { break };
        server.write_all(&request).unwrap();
        let Some(answer) = message(&mut server) else { break };
        match cut {
            Cut::Answer => break,
            Cut::Silence => {
                sleep(Duration::from_secs(5));
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
