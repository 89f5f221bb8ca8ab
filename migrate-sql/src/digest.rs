//! SHA-256 over tokens.

use std::fmt;
use std::str::FromStr;

use crate::token::{Token, tokens};

/// A SHA-256 digest. Its text form is 64 lower-case hexadecimal digits.
///
/// ```
/// use migrate_sql::{Digest, Hasher, ParseDigestError};
///
/// let mut hasher = Hasher::new();
/// hasher.push(b"CREATE TABLE");
/// let digest = hasher.finish();
/// assert_eq!(digest.to_string().parse(), Ok(digest));
/// let wrong: Result<Digest, ParseDigestError> = "00ff".parse();
/// assert!(wrong.is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The digest that stands before the first one of a chain.
    ///
    /// ```
    /// assert!(migrate_sql::Digest::ZERO.to_string().starts_with("0000"));
    /// ```
    pub const ZERO: Digest = Digest([0; 32]);

    /// This digest as that of an object of a kind and a name, which differs from that of any other.
    ///
    /// ```
    /// let digest = migrate_sql::checksum("CREATE INDEX i ON t(a)");
    /// assert_eq!(digest.named("index", "i"), digest.named("index", "I"));
    /// assert_ne!(digest.named("index", "i"), digest.named("index", "j"));
    /// ```
    #[must_use]
    pub fn named(self, kind: &str, name: &str) -> Digest {
        let name = name.to_ascii_lowercase();
        Hasher::new().part(kind.as_bytes()).part(name.as_bytes()).part(&self.0).finish()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; 64];
        for (pair, byte) in text.chunks_exact_mut(2).zip(self.0) {
            let digit = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 };
            (pair[0], pair[1]) = (digit(byte >> 4), digit(byte & 15));
        }
        f.pad(str::from_utf8(&text).unwrap_or_default())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = ParseDigestError;

    fn from_str(text: &str) -> Result<Digest, ParseDigestError> {
        let bytes = text.as_bytes();
        let valid = |b: &u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
        if bytes.len() != 64 || !bytes.iter().all(valid) {
            return Err(ParseDigestError);
        }
        let mut digest = [0; 32];
        for (byte, pair) in digest.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let value = |b: u8| if b.is_ascii_digit() { b - b'0' } else { b - b'a' + 10 };
            *byte = value(pair[0]) << 4 | value(pair[1]);
        }
        Ok(Digest(digest))
    }
}

/// A text is not 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseDigestError;

impl fmt::Display for ParseDigestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a digest: 64 lower-case hexadecimal digits are expected")
    }
}

impl std::error::Error for ParseDigestError {}

/// Hashes a sequence of parts, each with its length, so that no two sequences look alike.
///
/// ```
/// use migrate_sql::Hasher;
/// let digest = |parts: &[&str]| parts.iter().fold(Hasher::new(), |h, p| h.part(p.as_bytes())).finish();
/// assert_ne!(digest(&["ab", "c"]), digest(&["a", "bc"]));
/// ```
#[derive(Clone)]
pub struct Hasher(hmac_sha256::Hash);

impl Hasher {
    /// A hasher that has seen nothing.
    #[must_use]
    pub fn new() -> Hasher {
        Hasher(hmac_sha256::Hash::new())
    }

    /// Adds a part.
    #[must_use]
    pub fn part(mut self, bytes: &[u8]) -> Hasher {
        self.push(bytes);
        self
    }

    /// Adds a part in place.
    pub fn push(&mut self, bytes: &[u8]) {
        self.0.update(framed_length(bytes.len()));
        self.0.update(bytes);
    }

    /// Adds parts that stand one behind the other, each with its length before it.
    pub(crate) fn push_framed(&mut self, parts: &[u8]) {
        self.0.update(parts);
    }

    /// The digest of all parts.
    #[must_use]
    pub fn finish(self) -> Digest {
        Digest(self.0.finalize())
    }
}

/// What stands before a part of so many bytes.
pub(crate) fn framed_length(bytes: usize) -> [u8; 8] {
    (bytes as u64).to_le_bytes()
}

impl Default for Hasher {
    fn default() -> Hasher {
        Hasher::new()
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hasher")
    }
}

/// The digest of a script's significant tokens, as written: comments and white space never matter, all else does.
///
/// ```
/// use migrate_sql::checksum;
/// assert_eq!(checksum("SELECT 1; -- one"), checksum("SELECT\n  1;"));
/// assert_ne!(checksum("SELECT 1"), checksum("select 1"));
/// ```
#[must_use]
pub fn checksum(sql: &str) -> Digest {
    let mut hasher = Hasher::new();
    for token in tokens(sql).filter(Token::is_significant) {
        hasher.push(token.text.as_bytes());
    }
    hasher.finish()
}
