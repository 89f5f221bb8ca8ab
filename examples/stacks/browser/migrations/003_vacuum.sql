--! transaction: none -- VACUUM cannot run in one
--! adopt: run
VACUUM;
