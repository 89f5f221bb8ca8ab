# The archives. They are made from a copy that may be published, because Cargo lets crates that are packaged together find
# each other only if they may.

check_package() {
    archives
}

check_archives() {
    archives --no-verify
}

archives() {
    local tree="$CARGO_TARGET_DIR/release/package" made="$CARGO_TARGET_DIR/release/archives" name
    copy "$tree"
    sed -i 's/^publish = false$/publish = true/' "$tree/Cargo.toml"
    # To Cargo, a version from a registry never changes: it would take what it unpacked and compiled of these crates the last time.
    # So it gets a target directory of its own, and a home with nothing in it but what has been downloaded.
    rm -rf "$made"
    mkdir -p "$made/home/registry"
    local home="${CARGO_HOME:-$HOME/.cargo}" kept
    for kept in registry/index registry/cache config.toml; do
        if [ -e "$home/$kept" ]; then ln -s "$(realpath "$home/$kept")" "$made/home/$kept"; fi
    done
    # The names `migrate` and `migrate-core` are other people's in the public registry; the ones in the copy go before.
    (
        cd "$tree"
        export CARGO_HOME="$made/home" CARGO_TARGET_DIR="$made/target"
        # shellcheck disable=SC2046
        cargo package --offline --allow-dirty "$@" $(selected) 2>&1 |
            grep -vE '^warning: (manifest has no documentation|ignoring (test|benchmark|example))|^ +(\||= note: see)|^$'
    )
    for name in $(crates); do
        archive "$name" "$tree" "$made/target/package"
    done
}

# What has to be in an archive, and what must not.
archive() {
    local name="$1" from="$2" packages="$3" version file unpacked licence
    version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -1)
    file="$packages/$name-$version.crate"
    unpacked="$CARGO_TARGET_DIR/release/unpacked"
    [ "$file" -nt "$from/Cargo.toml" ] || fail "$name: no archive was made"
    rm -rf "$unpacked"
    mkdir -p "$unpacked"
    tar -xzf "$file" -C "$unpacked"
    unpacked="$unpacked/$name-$version"
    for licence in LICENSE-MIT LICENSE-APACHE; do
        cmp -s "$licence" "$unpacked/$licence" || fail "$name: \`$licence\` is missing, or not the one of the workspace"
    done
    for file in README.md Cargo.toml.orig src/lib.rs; do
        [ -f "$unpacked/$file" ] || fail "$name: no \`$file\`"
    done
    for key in description license keywords categories readme rust-version; do
        grep -q "^$key = " "$unpacked/Cargo.toml" || fail "$name: no \`$key\` in its Cargo.toml"
    done
    included "$name" "$unpacked"
    local extra size
    extra=$(cd "$unpacked" && find . -type f | grep -vE '^\./(Cargo\.(toml|toml\.orig|lock)|README\.md|LICENSE-(MIT|APACHE)|build\.rs|\.cargo_vcs_info\.json|src/.*\.(rs|md|txt|css|js|html|svg))$' || true)
    [ -z "$extra" ] || fail "$name: what is this in the archive for? $extra"
    size=$(stat -c %s "$packages/$name-$version.crate")
    [ "$size" -lt 400000 ] || fail "$name: the archive has $size bytes"
    echo "$name: $(find "$unpacked" -type f | wc -l) files, $size bytes"
}

# Every file that the code of an archive reads at compile time is in it. (Tests within `src` may read others: they are
# run in the workspace only, and lie behind `#[cfg(test)]`, where they name their folder by CARGO_MANIFEST_DIR.)
included() {
    local source read
    while IFS=: read -r source read; do
        [ -f "$(dirname "$source")/$read" ] || fail "$1: \`$read\` is not in the archive, but \`${source#"$2"/}\` includes it"
    done < <(grep -roE 'include_(str|bytes)!\("[^"$]+"\)' "$2/src" | sed -E 's/include_(str|bytes)!\("(.*)"\)/\2/')
}
