//! How the values that other crates define are kept.

use migrate_core::__private::{Change, Definition, Digest, Kind, Look, Marker, Object, Script, Statement};
use migrate_source::proof::{Proved, State};
use migrate_source::{Finding, Label, Place, Severity, Subject};

use super::bytes::{Bytes, bytes, take};
use crate::rules;

impl Bytes for Digest {
    fn write(&self, to: &mut Vec<u8>) {
        to.extend_from_slice(&self.0);
    }

    fn read(from: &mut &[u8]) -> Option<Digest> {
        take(from, 32)?.try_into().ok().map(Digest)
    }
}

bytes!(struct Definition { strict, loose });
bytes!(struct Statement { start, end, line, column });
bytes!(struct Script { path, sql, statements });
bytes!(enum Kind { 0 => Table, 1 => View, 2 => Index, 3 => Trigger });
bytes!(struct Object { kind, name, table });
bytes!(struct Change { object, after });
bytes!(enum Look {
    0 => Object { kind, name, present },
    1 => Column { table, column, present },
    2 => Definition { kind, name, definition },
});
bytes!(struct Marker { look, flips });

bytes!(struct State { fingerprint, changes });
bytes!(struct Proved { states, markers, snapshot });

bytes!(enum Severity { 0 => Information, 1 => Warning, 2 => Error });
bytes!(struct Place { path, span });
bytes!(enum Subject { 0 => Directory, 1 => File(path), 2 => Place(place), 3 => Marker(index), 4 => Step(index) });
bytes!(struct Label { place, text });

impl Bytes for Finding {
    fn write(&self, to: &mut Vec<u8>) {
        let Finding { id, severity, message, subject, caption, labels, notes, help } = self;
        (*id).to_owned().write(to);
        severity.write(to);
        message.write(to);
        subject.write(to);
        caption.write(to);
        labels.write(to);
        notes.write(to);
        help.write(to);
    }

    fn read(from: &mut &[u8]) -> Option<Finding> {
        let id = String::read(from)?;
        Some(Finding {
            id: rules::IDS.iter().find(|known| **known == id)?,
            severity: Bytes::read(from)?,
            message: Bytes::read(from)?,
            subject: Bytes::read(from)?,
            caption: Bytes::read(from)?,
            labels: Bytes::read(from)?,
            notes: Bytes::read(from)?,
            help: Bytes::read(from)?,
        })
    }
}
