# Who else's code comes along, and under which terms.

check_deny() {
    if ! cargo deny --version >/dev/null 2>&1; then
        skip "no cargo-deny here; \`release/check tools\` installs it"
        check_licences
        return
    fi
    cargo deny --offline --workspace --all-features check licenses bans sources
    # Fetched by hand: a check should not depend on the network.
    if find "${CARGO_HOME:-$HOME/.cargo}/advisory-dbs" -maxdepth 1 -type d -name 'advisory-db-*' 2>/dev/null | grep -q .; then
        cargo deny --offline --workspace --all-features check advisories
    else
        skip "advisories: their database is not here; \`cargo deny fetch db\` gets it"
    fi
}

# Cargo knows every licence; those that have been read and are fine are in a list.
check_licences() {
    local found unread
    # shellcheck disable=SC2046
    found=$(cargo tree $(selected) -e normal,build --target all --all-features --prefix none --format '{l}|{p}' |
        sed '/^$/d; s/ (.*)$//' | sort -u)
    [ "$(wc -l <<<"$found")" -gt 20 ] || fail "these are not all crates: $found"
    unread=$(awk -F'|' 'FNR == NR { read[$0]; next } !($1 in read)' release/licences.txt - <<<"$found")
    [ -z "$unread" ] || fail "licences that are not in release/licences.txt:"$'\n'"$unread"
    echo "$(wc -l <<<"$found") crates, all under licences of release/licences.txt"
}

check_tools() {
    local tool
    for tool in cargo-deny cargo-public-api; do
        # Only what looks at code is compiled: without optimisation it is there sooner.
        CARGO_TARGET_DIR="$tools/target" cargo install --locked --debug --root "$tools" \
            $([ "$tool" = cargo-deny ] && echo --no-default-features) "$tool"
    done
}
