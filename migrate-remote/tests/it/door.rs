//! Servers behind a door: TLS, tokens, closed for writing.

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::spawn;
use std::time::Duration;

use migrate::Outcome;
use migrate_remote::{Error, Remote};

use crate::kit::{NOTES, list};
use crate::line::message;
use crate::server::{Server, free_port, program, started};

/// A door before a server that speaks TLS, with a certificate of its own.
fn behind_tls(server: &Server) -> u16 {
    use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
    let certificate = CertificateDer::from_pem_slice(CERTIFICATE.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("../fixtures/tls/key.pem")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = Arc::new(versions.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (port, target) = (listener.local_addr().unwrap().port(), server.port);
    spawn(move || {
        for client in listener.incoming().flatten() {
            let mut client =
                rustls::StreamOwned::new(rustls::ServerConnection::new(Arc::clone(&config)).unwrap(), client);
            spawn(move || {
                while let Some(request) = message(&mut client) {
                    let mut server = TcpStream::connect(("127.0.0.1", target)).unwrap();
                    server.write_all(&request).unwrap();
                    let answer = message(&mut server).unwrap();
                    if client.write_all(&answer).and_then(|()| client.flush()).is_err() {
                        break;
                    }
                }
            });
        }
    });
    port
}

/// With a key that is good for nothing else.
const CERTIFICATE: &str = include_str!("../fixtures/tls/certificate.pem");

#[test]
fn https() {
    let server = started!();
    let port = behind_tls(&server);
    let notes = list(&NOTES).migrations;
    let remote = || Remote::new(&format!("libsql://localhost:{port}")).unwrap();
    let error = remote().run(&notes).unwrap_err();
    assert!(matches!(error, Error::NoServer { .. }), "{error}");
    assert!(error.to_string().contains("certificate") && error.to_string().contains("nothing was changed"), "{error}");
    assert!(remote().root_certificates("").is_err());
    let remote = remote().root_certificates(CERTIFICATE).unwrap();
    assert_eq!(remote.run(&notes).unwrap().outcome(), Outcome::Fresh);
    assert_eq!(server.sql(&["SELECT count(*) FROM schema_migrations"]), ["5"]);
}

/// A server that does not speak TLS where it is asked to.
#[test]
fn https_without_tls() {
    let server = started!();
    let remote = Remote::new(&format!("https://127.0.0.1:{}", server.port)).unwrap();
    let error = remote.retry_for(Duration::from_millis(300)).run(&list(&NOTES).migrations).unwrap_err();
    assert!(error.to_string().contains("nothing was changed"), "{error}");
    assert!(matches!(error, Error::NoServer { .. } | Error::Unreachable { .. }), "{error}");
}

/// The key of nothing but these tests, and tokens that it signed: one may write, the other may only read.
const KEY: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAhP2J2RKhbVR59Ka+tGfowC0uoxt4K+FyEB8wrzuac6w=\n-----END PUBLIC KEY-----\n";
const MAY_WRITE: &str = "eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCJ9.eyJhIjoicncifQ.k-PkVDFgzvmLeR8a4h-a1w7hHzkb4rnkZOEIk4BbFGnqrLvul2GyIKDoHfNMDX3SEhz-wgzbAJ50qNDBkC0OAQ";
const MAY_READ: &str = "eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCJ9.eyJhIjoicm8ifQ.jAxPqQ148TYKsLWzE43AtcZoNxPt9nfxhSB0ah6gj2LuED-_jdRcxVfocL4iokIRA-_bueO8IDdgWkFFFpxaBw";

#[test]
fn behind_a_door() {
    if program().is_none() {
        return;
    }
    let key = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(key.path(), KEY).unwrap();
    let server = Server::with(&["--auth-jwt-key-file", &key.path().display().to_string()]).unwrap();
    let notes = list(&NOTES).migrations;
    let without = server.remote().run(&notes).unwrap_err();
    let wrong = server.remote().auth_token("secret.secret.secret").run(&notes).unwrap_err();
    for error in [without, wrong] {
        assert!(matches!(error, Error::Unauthorized { .. }), "{error}");
        assert!(error.to_string().contains("help: give a token") && !error.to_string().contains("secret"), "{error}");
    }
    let may_read = server.remote().auth_token(MAY_READ);
    assert_eq!(may_read.plan(&notes).unwrap().outcome(), Outcome::Fresh);
    let error = may_read.run(&notes).unwrap_err();
    assert!(
        matches!(error, Error::Unauthorized { .. }) && error.to_string().contains("nothing was changed"),
        "{error}"
    );

    let by_address = Remote::new(&format!("{}/?authToken={MAY_WRITE}", server.address())).unwrap();
    assert!(!format!("{by_address:?}").contains(&MAY_WRITE[..10]));
    by_address.run(&notes).unwrap();
    // Where nothing is to be done, to read is enough.
    assert_eq!(may_read.run(&notes).unwrap().outcome(), Outcome::Current);
    assert!(may_read.status(&notes).unwrap().pending().next().is_none());
}

/// An operator has closed the database for writing.
#[test]
fn the_server_takes_nothing() {
    if program().is_none() {
        return;
    }
    let admin = format!("127.0.0.1:{}", free_port());
    let server = Server::with(&["--admin-listen-addr", &admin]).unwrap();
    let notes = list(&NOTES).migrations;
    let block = |on: bool| {
        let config = ureq::Agent::config_builder().proxy(None).build();
        let body = format!(r#"{{"block_reads":false,"block_writes":{on},"block_reason":"maintenance until noon"}}"#);
        let address = format!("http://{admin}/v1/namespaces/default/config");
        let answer = ureq::Agent::from(config).post(address).content_type("application/json").send(body).unwrap();
        assert_eq!(answer.status(), 200);
    };
    block(true);
    assert_eq!(server.remote().status(&notes).unwrap().pending().count(), 5);
    let error = server.remote().run(&notes).unwrap_err();
    assert!(matches!(error, Error::Server { .. }), "{error}");
    let error = error.to_string();
    assert!(error.contains("maintenance until noon") && error.contains("nothing was changed"), "{error}");
    block(false);
    server.remote().run(&notes).unwrap();
}
