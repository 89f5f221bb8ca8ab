# What docs/compatibility.md says that can be asked: which crates come along, which versions, and what goes with what. All of it
# without the network.

page=docs/compatibility.md

check_facts() {
    told "an application's binary" normal,no-proc-macro
    told "its build as well" normal,build normal,no-proc-macro
    local rust rusqlite row
    rust=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)
    grep -q "^Rust $rust or newer\." "$page" || fail "$page: it does not begin a line with \`Rust $rust or newer.\`"
    while read -r row; do
        grep -qF "$row" "$page" || fail "$page: no row $row, which is what release/beside.txt says"
    done < <(pairs)
    [ "$(grep -cE '^\| 0\.[0-9]+ \|( (yes|no) \|)+$' "$page")" = "$(pairs | tail -n +2 | wc -l)" ] || fail "$page: a row that release/beside.txt does not have"
    rusqlite=$(sed -n 's/^rusqlite = { version = ">=\(0\.[0-9]*\), <0\.\([0-9]*\)".*/\1 \2/p' Cargo.toml)
    row="from ${rusqlite% *} to 0.$((${rusqlite#* } - 1))"
    grep -q "$row" "$page" || fail "$page: no \`$row\`, which is the range in Cargo.toml"
    echo "$page: crates, Rust, range and pairs are as they are"
}

# The names between `<!-- WHAT -->` and the end of the block below it are those of `cargo tree -e EDGES`, without those of the
# edges that are given after it.
told() {
    local what="$1" said found
    said=$(sed -n "/^<!-- $what -->\$/,/^\`\`\`\$/p" "$page" | grep -vE '^(<!--|```)' | tr -s ' \n' '\n\n' | sed '/^$/d' | sort)
    found=$(names "$2")
    if [ $# = 3 ]; then found=$(comm -23 <(echo "$found") <(names "$3")); fi
    diff -u --label "$page" --label "cargo tree" <(echo "$said") <(echo "$found") || fail "$page: what is in $what"
}

names() {
    cargo tree -q --offline -p migrate -e "$1" --prefix none --no-dedupe | cut -d' ' -f1 | sort -u
}

# release/beside.txt as the table: one row for each rusqlite, one column for each of the others, in the order of the file.
pairs() {
    awk '!/^#/ {
        sub(/\.[0-9]+$/, "", $1); other = $2 " " $3
        if (!(other in column)) { column[other] = ++others; head = head " " other " |" }
        if (!($1 in row)) { row[$1] = ++count; line[count] = "| " $1 " |" }
        line[row[$1]] = line[row[$1]] " " $4 " |"
    }
    END { print "| rusqlite |" head; for (at = 1; at <= count; at++) print line[at] }' release/beside.txt
}
