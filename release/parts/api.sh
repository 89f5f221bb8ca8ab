# The public API of every crate that applications and tools write against, as `cargo public-api` lists it. A change of it
# shows in review, as a change of these files.

# All that are for others but the macro's: rustdoc writes a macro as its name, and what it takes is in tests/ui.
listed() {
    crates | grep -vx migrate-macros
}

check_api() {
    api compare
}

check_api_write() {
    api write
}

api() {
    local name new made with
    # Whether there is a list for each crate takes no tools.
    if [ "$1" = compare ]; then
        for name in $(listed); do
            [ -s "release/api/$name.txt" ] || fail "no release/api/$name.txt: \`release/check api-write\`"
        done
    fi
    if ! cargo public-api --version >/dev/null 2>&1; then
        skip "no cargo-public-api here; \`release/check tools\` installs it"
        return
    fi
    if ! nightly; then
        skip "no nightly toolchain here, by which rustdoc writes JSON"
        return
    fi
    made="$(rustc +nightly --version), $(cargo public-api --version | sed 's/ (.*//')"
    with=$(cat release/api/made-with.txt 2>/dev/null || true)
    if [ "$1" = compare ] && [ "$made" != "$with" ]; then
        skip "the lists were made with $with; here is $made, which may write the same API in other words"
        return
    fi
    new="$CARGO_TARGET_DIR/release/api"
    rm -rf "$new"
    mkdir -p "$new"
    local differ=
    for name in $(listed); do
        # Without what every type has (blanket and automatic implementations). One feature more is more API, so all.
        CARGO_TARGET_DIR="$CARGO_TARGET_DIR/release/nightly" \
            cargo +nightly public-api -p "$name" --all-features -ss >"$new/$name.txt" 2>"$new/$name.log" ||
            { cat "$new/$name.log"; fail "$name: its API cannot be listed"; }
        [ -s "$new/$name.txt" ] || fail "$name: its API is empty"
        if [ "$1" = write ]; then
            cp "$new/$name.txt" "release/api/$name.txt"
        else
            diff -u "release/api/$name.txt" "$new/$name.txt" || differ="$differ $name"
        fi
        echo "$name: $(wc -l <"$new/$name.txt") items"
    done
    if [ "$1" = write ]; then
        echo "$made" >release/api/made-with.txt
    fi
    [ -z "$differ" ] || fail "the public API differs:$differ. If that is meant: \`release/check api-write\`, and a line in CHANGELOG.md"
}
