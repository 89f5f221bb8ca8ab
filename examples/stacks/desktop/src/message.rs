//! What a user is told. The message of `migrate` itself is for the log: it names migrations, and says what a developer can do.

use migrate::Error as Migrate;

use crate::Error;

/// A sentence or two: what is the matter, what has become of the data, and what to do.
#[must_use]
pub fn for_the_user(error: &Error) -> String {
    let error = match error {
        Error::Folder(path, _) => return format!("The folder {} cannot be made.", path.display()),
        Error::Open(path, _) => return format!("The file {} cannot be opened.", path.display()),
        Error::Migrate(error) => error,
    };
    match error {
        Migrate::DatabaseTooNew { .. } => "This journal was last used with a newer version of the application. \
                                           Please update the application. Your journal was not changed."
            .to_owned(),
        Migrate::Squashed { .. } => "This journal is from a very old version of the application. \
                                     Please install version 1 and open it there once. Your journal was not changed."
            .to_owned(),
        Migrate::Locked { .. } => "Another program is using this journal. Please close it, and try again.".to_owned(),
        Migrate::NotADatabase { .. } => "The file of this journal is damaged, or is another kind of file. \
                                         It was not changed."
            .to_owned(),
        Migrate::Backup { .. } => "No copy of your journal could be made, so it was not updated. \
                                   Please make room on the disk, and try again."
            .to_owned(),
        _ => "Your journal could not be updated. Please send us the log; it says in which state it is.".to_owned(),
    }
}
