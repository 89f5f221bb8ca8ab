//! What the guard of the scratch database did not let pass.

use migrate_core::__private::{Script, Statement};
use migrate_source::{Finding, Subject};

use crate::facts::Facts;
use crate::place;
use crate::scratch::{Refusal, Trouble};
use crate::scripts::Which;

/// A statement that the guard objected to.
pub(super) struct Refused<'a> {
    pub(super) which: Which,
    pub(super) script: &'a Script,
    pub(super) statement: &'a Statement,
}

/// Every statement that the guard objected to for one reason.
pub(super) fn refused<'a>(facts: &Facts<'a>, reason: Refusal) -> impl Iterator<Item = Refused<'a>> {
    facts.incidents().filter_map(move |(which, script, incident)| match incident.trouble {
        Trouble::Refused(refusal) if refusal == reason => {
            Some(Refused { which, script, statement: &incident.statement })
        }
        _ => None,
    })
}

impl Refused<'_> {
    /// The statement's first words in capitals, as messages name it: `CREATE TEMP TABLE`.
    pub(super) fn words(&self, count: usize) -> String {
        let words = crate::words::words(self.script.text(self.statement));
        let words: Vec<String> = words.iter().take(count).map(|word| word.text.to_ascii_uppercase()).collect();
        words.join(" ")
    }

    /// Whether its script runs in a transaction.
    pub(super) fn in_transaction(&self, facts: &Facts<'_>) -> bool {
        match self.which {
            Which::Up(index) => facts.source.migrations[index].directives.no_transaction.is_none(),
            Which::Base | Which::Schema | Which::Down(_) | Which::Witness(_) => true,
        }
    }

    /// An error at the statement's first words.
    pub(super) fn at_words(&self, id: &'static str, message: impl Into<String>, count: usize) -> Finding {
        self.at(id, message, place::subject(self.script, place::opening_words(self.script, self.statement, count)))
    }

    /// An error at the token by which the statement names something.
    pub(super) fn at_name(&self, id: &'static str, message: impl Into<String>, name: &str) -> Finding {
        self.at(id, message, place::subject(self.script, place::of_name(self.script, self.statement, name)))
    }

    fn at(&self, id: &'static str, message: impl Into<String>, subject: Subject) -> Finding {
        Finding::error(id, message, subject)
    }
}
