# Ranges: of the dependencies, of Rust, of rusqlite, of features.

# The oldest version of each dependency that Cargo.toml asks for. `direct` leaves theirs as they are: others' requirements
# that are too low cannot be mended here. Only the resolver needs the permission of a nightly; what is compiled does not get it,
# since some crates then compile other code.
check_minimal() {
    local tree="$CARGO_TARGET_DIR/release/minimal"
    copy "$tree"
    (
        cd "$tree"
        rm -f Cargo.lock
        # What is not released asks for what it likes.
        sed -i -E '/^    "(examples|benches|faults)/d' Cargo.toml
        RUSTC_BOOTSTRAP=1 cargo -Z direct-minimal-versions generate-lockfile -q
        export CARGO_TARGET_DIR="$CARGO_TARGET_DIR/release/minimal-target"
        # shellcheck disable=SC2046
        cargo check -q --locked $(selected) --all-features
        cargo test -q --locked -p migrate-sql -p migrate-core
    )
}

# Every set of features: they are few. `check` alone would accept what `clippy -D warnings` does not, such as an import that is
# unused without a feature.
check_features() {
    local name features set
    for name in $(crates); do
        # shellcheck disable=SC2207
        features=($(sed -n '/^\[features\]/,/^\[[^f]/s/^\([a-z][a-z0-9_-]*\) *=.*/\1/p' "$(folder "$name")/Cargo.toml" | grep -vx default || true))
        for ((set = 0; set < 1 << ${#features[@]}; set++)); do
            local chosen="" index
            for index in "${!features[@]}"; do
                if ((set >> index & 1)); then chosen="$chosen,${features[index]}"; fi
            done
            echo "$name [${chosen#,}]"
            RUSTFLAGS="-D warnings" CARGO_TARGET_DIR="$CARGO_TARGET_DIR/release/features" \
                cargo check -q --offline -p "$name" --no-default-features --features "${chosen#,}"
        done
    done
    echo "documentation [all]"
    RUSTDOCFLAGS="-D warnings" cargo doc -q --offline --workspace --no-deps --all-features
}

# The oldest Rust. Where it is here, it compiles everything; where not, clippy compares what is used of the standard library
# with `rust-version`, and Cargo says what the dependencies ask for.
check_msrv() {
    local oldest
    oldest=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)
    if rustup toolchain list 2>/dev/null | grep -q "^$oldest"; then
        # shellcheck disable=SC2046
        CARGO_TARGET_DIR="$CARGO_TARGET_DIR/release/msrv" cargo "+$oldest" check -q --offline $(selected) --all-features --all-targets
        echo "compiled with $(rustc "+$oldest" --version)"
        return
    fi
    skip "no toolchain $oldest here. Clippy looks at the standard library's functions instead; not seen by it are the language (let chains are 1.88's), macros, what Cargo understands, and code for other platforms"
    # shellcheck disable=SC2046
    cargo clippy -q --offline $(selected) --all-features --all-targets -- -D clippy::incompatible-msrv
    if ! command -v jq >/dev/null; then
        skip "no jq here, by which the dependencies' own \`rust-version\` is read"
        return
    fi
    local newer
    newer=$(cargo metadata --offline --format-version 1 --all-features | jq -r --arg oldest "$oldest" '
        def number: split(".") | map(tonumber) | .[0] * 1000 + .[1];
        .packages[] | select(.rust_version != null and (.rust_version | number) > ($oldest | number))
        | "\(.name) \(.version) needs Rust \(.rust_version)"')
    [ -z "$newer" ] || fail "dependencies in Cargo.lock that need a newer Rust than $oldest:"$'\n'"$newer"
    echo "no dependency in Cargo.lock says that it needs a newer Rust than $oldest"
}

# One of each minor version: the oldest of the first, which is what the range begins with, and the newest of the others.
rusqlites="0.38.0 0.39.0 0.40.2 0.41.1 0.42.0"

# Everything compiles with each, and what touches SQLite is tested with the first and the last. With the oldest, .ci/run does so too.
check_range() {
    local tree="$CARGO_TARGET_DIR/release/range" stated covered first last version
    first=${rusqlites%% *} last=${rusqlites##* }
    stated=$(sed -n 's/^rusqlite = { version = "\([^"]*\)".*/\1/p' Cargo.toml)
    covered=">=${first%.0}, <0.$(($(cut -d. -f2 <<<"$last") + 1))"
    [ "$stated" = "$covered" ] || fail "Cargo.toml allows rusqlite $stated, and this tries $covered: change one of them (release/parts/versions.sh)"
    for version in $rusqlites; do
        grep -q "^$version " release/beside.txt || fail "release/beside.txt does not say what goes with rusqlite $version"
    done
    grep -q "^rusqlite = .*\"$stated\"" tests/cipher/Cargo.toml || fail "tests/cipher/Cargo.toml allows another rusqlite than $stated"
    copy "$tree"
    (
        cd "$tree"
        export CARGO_TARGET_DIR="$CARGO_TARGET_DIR/release/range-target"
        for version in $rusqlites; do
            cargo update -q -p rusqlite --precise "$version"
            # shellcheck disable=SC2046
            cargo check -q $(selected) --all-features
            echo "rusqlite $version compiles"
            if [ "$version" = "$first" ] || [ "$version" = "$last" ]; then
                cargo test -q -p migrate-core -p migrate-check -p notes
                echo "rusqlite $version is tested"
            fi
        done
    )
}

# A program has one SQLite, so one `libsqlite3-sys`: what Cargo says to each pair. The table in docs/compatibility.md.
check_beside() {
    local package="$CARGO_TARGET_DIR/release/beside" line rusqlite other version expected found
    while read -r rusqlite other version expected; do
        rm -rf "$package"
        mkdir -p "$package/src"
        touch "$package/src/lib.rs"
        printf '[package]\nname = "beside"\nversion = "0.0.0"\nedition = "2024"\n\n[workspace]\n\n[dependencies]\n' >"$package/Cargo.toml"
        # As ours: what a default feature brings along could collide too, and is not wanted.
        printf 'rusqlite = { version = "=%s", default-features = false, features = ["cache"] }\n' "$rusqlite" >>"$package/Cargo.toml"
        printf '%s = { version = "=%s", default-features = false, features = ["sqlite"] }\n' "$other" "$version" >>"$package/Cargo.toml"
        if (cd "$package" && cargo generate-lockfile -q 2>"$package/said.txt"); then
            found=yes
        elif grep -q 'links to the native library `sqlite3`' "$package/said.txt"; then
            found=no
        else
            cat "$package/said.txt"
            fail "rusqlite $rusqlite beside $other $version: Cargo says something else"
        fi
        line="rusqlite $rusqlite beside $other $version: $found"
        [ "$found" = "$expected" ] || fail "$line, where release/beside.txt says $expected"
        echo "$line"
    done < <(grep -v '^#' release/beside.txt)
}
