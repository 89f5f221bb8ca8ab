//! The application works on what the migrations leave behind.

use starpunk::{Login, Site};

use crate::Result;
use crate::files::{BASE, File, LEGACY_ROWS};

#[test]
fn logins_and_tokens_on_a_fresh_and_on_a_legacy_database() -> Result {
    for scripts in [&[][..], &[BASE, LEGACY_ROWS]] {
        let file = File::of(scripts)?;
        let (site, _) = Site::open(&file.path())?;

        let login = Login { code_verifier: "verifier".to_owned(), redirect_uri: Some("/admin".to_owned()) };
        site.begin_login("state", &login)?;
        assert_eq!(site.finish_login("state")?, Some(login));
        assert_eq!(site.finish_login("state")?, None, "once only");

        let token = site.issue_token("https://me.example/", "https://client.example/", "create")?;
        assert_eq!(site.token_owner(&token)?.as_deref(), Some("https://me.example/"));
        assert_eq!(site.token_owner("in plain text")?, None);
        let stored = file.query("SELECT * FROM tokens")?;
        assert!(stored.len() == 1 && !stored[0].contains(&token), "{stored:?}");
    }
    Ok(())
}
