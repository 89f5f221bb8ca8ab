//! Values as bytes. A value that is read back is the one that was written; bytes that no value has are `None`.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::time::Duration;

/// What can be kept in an entry.
pub(crate) trait Bytes: Sized {
    fn write(&self, to: &mut Vec<u8>);
    fn read(from: &mut &[u8]) -> Option<Self>;
}

/// Fields one after the other, and variants by their number. Everything is destructured, so that a new field cannot be
/// forgotten.
macro_rules! bytes {
    (struct $name:ident { $($field:ident),* $(,)? }) => {
        impl $crate::cache::Bytes for $name {
            fn write(&self, to: &mut Vec<u8>) {
                let $name { $($field),* } = self;
                $($field.write(to);)*
            }

            fn read(from: &mut &[u8]) -> Option<Self> {
                Some($name { $($field: $crate::cache::Bytes::read(from)?),* })
            }
        }
    };
    (struct $name:ident($inner:ident)) => {
        impl $crate::cache::Bytes for $name {
            fn write(&self, to: &mut Vec<u8>) {
                let $name($inner) = self;
                $inner.write(to);
            }

            fn read(from: &mut &[u8]) -> Option<Self> {
                $crate::cache::Bytes::read(from).map($name)
            }
        }
    };
    (enum $name:ident {
        $($tag:literal => $variant:ident $(($($inner:ident),*))? $({ $($field:ident),* })?),* $(,)?
    }) => {
        impl $crate::cache::Bytes for $name {
            fn write(&self, to: &mut Vec<u8>) {
                match self {
                    $($name::$variant $(($($inner),*))? $({ $($field),* })? => {
                        to.push($tag);
                        $($($inner.write(to);)*)?
                        $($($field.write(to);)*)?
                    })*
                }
            }

            fn read(from: &mut &[u8]) -> Option<Self> {
                match u8::read(from)? {
                    $($tag => {
                        $($(let $inner = $crate::cache::Bytes::read(from)?;)*)?
                        $($(let $field = $crate::cache::Bytes::read(from)?;)*)?
                        Some($name::$variant $(($($inner),*))? $({ $($field),* })?)
                    })*
                    _ => None,
                }
            }
        }
    };
}
pub(crate) use bytes;

/// So many bytes off the front.
pub(super) fn take<'a>(from: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, rest) = from.split_at_checked(count)?;
    *from = rest;
    Some(taken)
}

/// Bytes with their number in front, without a copy.
pub(crate) fn slice<'a>(from: &mut &'a [u8]) -> Option<&'a [u8]> {
    let count = usize::read(from)?;
    take(from, count)
}

/// As [`slice`] reads them.
pub(crate) fn write_slice(bytes: &[u8], to: &mut Vec<u8>) {
    bytes.len().write(to);
    to.extend_from_slice(bytes);
}

impl Bytes for u8 {
    fn write(&self, to: &mut Vec<u8>) {
        to.push(*self);
    }

    fn read(from: &mut &[u8]) -> Option<u8> {
        let (&first, rest) = from.split_first()?;
        *from = rest;
        Some(first)
    }
}

impl Bytes for bool {
    fn write(&self, to: &mut Vec<u8>) {
        to.push(u8::from(*self));
    }

    fn read(from: &mut &[u8]) -> Option<bool> {
        match u8::read(from)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

/// Seven bits a byte, the lowest first: nearly all numbers are small.
impl Bytes for u64 {
    fn write(&self, to: &mut Vec<u8>) {
        let mut rest = *self;
        while rest >= 0x80 {
            to.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        to.push(rest as u8);
    }

    fn read(from: &mut &[u8]) -> Option<u64> {
        let mut number = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = u8::read(from)?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }
}

impl Bytes for i64 {
    fn write(&self, to: &mut Vec<u8>) {
        self.cast_unsigned().write(to);
    }

    fn read(from: &mut &[u8]) -> Option<i64> {
        u64::read(from).map(u64::cast_signed)
    }
}

impl Bytes for usize {
    fn write(&self, to: &mut Vec<u8>) {
        (*self as u64).write(to);
    }

    fn read(from: &mut &[u8]) -> Option<usize> {
        usize::try_from(u64::read(from)?).ok()
    }
}

impl Bytes for u32 {
    fn write(&self, to: &mut Vec<u8>) {
        u64::from(*self).write(to);
    }

    fn read(from: &mut &[u8]) -> Option<u32> {
        u32::try_from(u64::read(from)?).ok()
    }
}

impl Bytes for String {
    fn write(&self, to: &mut Vec<u8>) {
        write_slice(self.as_bytes(), to);
    }

    fn read(from: &mut &[u8]) -> Option<String> {
        std::str::from_utf8(slice(from)?).ok().map(str::to_owned)
    }
}

impl Bytes for Cow<'static, str> {
    fn write(&self, to: &mut Vec<u8>) {
        write_slice(self.as_bytes(), to);
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        String::read(from).map(Cow::Owned)
    }
}

impl<T: Bytes> Bytes for Option<T> {
    fn write(&self, to: &mut Vec<u8>) {
        self.is_some().write(to);
        if let Some(value) = self {
            value.write(to);
        }
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        Some(if bool::read(from)? { Some(T::read(from)?) } else { None })
    }
}

impl<T: Bytes> Bytes for Vec<T> {
    fn write(&self, to: &mut Vec<u8>) {
        self.len().write(to);
        for value in self {
            value.write(to);
        }
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        let count = usize::read(from)?;
        // Every value takes at least a byte, so no damage asks for more memory than there are bytes.
        let mut values = Vec::with_capacity(count.min(from.len()));
        for _ in 0..count {
            values.push(T::read(from)?);
        }
        Some(values)
    }
}

impl<T: Bytes + Clone> Bytes for Cow<'static, [T]> {
    fn write(&self, to: &mut Vec<u8>) {
        self.len().write(to);
        for value in self.iter() {
            value.write(to);
        }
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        Vec::read(from).map(Cow::Owned)
    }
}

impl<T: Bytes + Ord> Bytes for BTreeSet<T> {
    fn write(&self, to: &mut Vec<u8>) {
        self.len().write(to);
        for value in self {
            value.write(to);
        }
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        Vec::read(from).map(|values: Vec<T>| values.into_iter().collect())
    }
}

impl<K: Bytes + Ord, V: Bytes> Bytes for BTreeMap<K, V> {
    fn write(&self, to: &mut Vec<u8>) {
        self.len().write(to);
        for (key, value) in self {
            key.write(to);
            value.write(to);
        }
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        Vec::read(from).map(|pairs: Vec<(K, V)>| pairs.into_iter().collect())
    }
}

impl<A: Bytes, B: Bytes> Bytes for (A, B) {
    fn write(&self, to: &mut Vec<u8>) {
        self.0.write(to);
        self.1.write(to);
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        Some((A::read(from)?, B::read(from)?))
    }
}

impl Bytes for Range<usize> {
    fn write(&self, to: &mut Vec<u8>) {
        self.start.write(to);
        self.end.write(to);
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        Some(usize::read(from)?..usize::read(from)?)
    }
}

impl Bytes for Duration {
    fn write(&self, to: &mut Vec<u8>) {
        self.as_secs().write(to);
        self.subsec_nanos().write(to);
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        let (seconds, nanos) = (u64::read(from)?, u32::read(from)?);
        (nanos < 1_000_000_000).then(|| Duration::new(seconds, nanos))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_read_as_it_was_written() {
        fn check<T: Bytes + PartialEq + std::fmt::Debug>(value: T) {
            let mut bytes = Vec::new();
            value.write(&mut bytes);
            let mut rest = bytes.as_slice();
            assert_eq!(T::read(&mut rest).as_ref(), Some(&value));
            assert!(rest.is_empty());
            for end in 0..bytes.len() {
                assert_eq!(T::read(&mut &bytes[..end]), None, "{value:?} from {end} bytes");
            }
        }
        for number in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX] {
            check(number);
        }
        check(-1_i64);
        check(u32::MAX);
        check("é".to_owned());
        check(Some(vec![(1_usize, true), (2, false)]));
        check(BTreeMap::from([("a".to_owned(), BTreeSet::from([1_i64, 5])), ("b".to_owned(), BTreeSet::new())]));
        check(3..70_000_usize);
    }

    #[test]
    fn what_no_value_has_is_none() {
        assert_eq!(bool::read(&mut [2].as_slice()), None);
        assert_eq!(u32::read(&mut [0xff; 9].as_slice()), None);
        assert_eq!(u64::read(&mut [0xff; 12].as_slice()), None);
        assert_eq!(String::read(&mut [1, 0xff].as_slice()), None);
        assert_eq!(Vec::<u8>::read(&mut [0xff, 0xff, 0xff, 0xff, 0xff, 0x7f].as_slice()), None);
    }
}
