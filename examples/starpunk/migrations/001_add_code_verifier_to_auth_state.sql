-- PKCE. A login that is under way has no verifier, fails when it comes back, and begins again.
ALTER TABLE auth_state ADD COLUMN code_verifier TEXT NOT NULL DEFAULT '';
