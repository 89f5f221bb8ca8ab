//! The application after the switch: opens a file and says what became of it. What the tests start several of at once.

use std::process::ExitCode;

use migrate::rusqlite::Connection;
use switching::PEERS;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (name, path) = (arguments.next().unwrap_or_default(), arguments.next().unwrap_or_default());
    let Some(peer) = PEERS.iter().find(|peer| peer.name == name) else { return ExitCode::from(2) };
    let result = Connection::open(path).map_err(|error| error.to_string());
    match result.and_then(|mut conn| peer.list.run(&mut conn).map_err(|error| error.to_string())) {
        Ok(ran) => {
            println!("{}", ran.shown);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
