//! The page in a real browser.
//!
//! Needs Chromium: on the `PATH`, or named by `CHROMIUM`. Without it nothing is tested, and the output says so, unless
//! `MIGRATE_NEEDS_CHROMIUM` is set. `MIGRATE_SCREENSHOTS=DIR` keeps what was seen.

mod chromium;

use std::io::Write as _;
use std::path::Path;

use chromium::Chromium;
use migrate_schema::{Timeline, html, svg};
use migrate_source::{Listing, parse};

/// Starts a browser, or says that there is none.
fn browser(size: (u32, u32)) -> Option<Chromium> {
    let found = chromium::find();
    if found.is_none() {
        assert!(std::env::var_os("MIGRATE_NEEDS_CHROMIUM").is_none(), "no Chromium");
        // Not `eprintln!`, which the test harness would keep to itself.
        let _ = writeln!(std::io::stderr(), "skipped: no Chromium");
    }
    found.map(|at| Chromium::start(&at, size))
}

fn notes() -> Timeline {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/timeline");
    let (source, findings) = parse(&migrate_source::read(Path::new(dir), "timeline").unwrap());
    assert!(findings.is_empty(), "{findings:?}");
    Timeline::of(&source).unwrap()
}

fn files(files: &[(&str, &str)]) -> Timeline {
    let (source, _) = parse(&Listing::from_files(files.iter().copied()));
    Timeline::of(&source).unwrap()
}

/// Writes a page to a file; its address.
fn write(dir: &tempfile::TempDir, page: &str) -> String {
    let path = dir.path().join("timeline.html");
    std::fs::write(&path, page).unwrap();
    format!("file://{}", path.display())
}

fn keep(name: &str, png: &[u8]) {
    if let Some(dir) = std::env::var_os("MIGRATE_SCREENSHOTS") {
        std::fs::write(Path::new(&dir).join(name), png).unwrap();
    }
}

/// The page of the notes, opened at a version.
fn open(chromium: &mut Chromium, dir: &tempfile::TempDir, fragment: &str) {
    let page = write(dir, &html(&notes(), "notes: every version of the schema"));
    chromium.open(&format!("{page}{fragment}"));
}

/// Waits until a version is shown: the slider, the list, the address and the number in the head say the same.
fn shows(chromium: &mut Chromium, version: u32) {
    chromium.wait_for(&format!(
        "document.querySelector('#slider').value === '{version}' && location.hash === '#v={version}' \
         && document.querySelector('nav [aria-current]').dataset.at === '{version}' \
         && document.querySelector('#at').textContent === '{version}'"
    ));
}

/// The names of the boxes that are seen, each with what is marked about it.
fn boxes(chromium: &mut Chromium) -> String {
    let names = chromium.value(
        "[...document.querySelectorAll('.face')].filter(face => face.getClientRects().length > 0).map(face => \
         face.querySelector('.title').textContent + (['added', 'changed', 'removed'].map(mark => face.classList.contains(mark) \
         ? ' ' + mark : '').join(''))).sort().join(', ')",
    );
    names.as_str().unwrap().to_owned()
}

/// The text of the one panel that is seen.
fn panel(chromium: &mut Chromium) -> String {
    let panels = chromium.value("[...document.querySelectorAll('aside section')].filter(it => it.getClientRects().length > 0).map(it => it.innerText)");
    let panels = panels.as_array().unwrap();
    assert_eq!(panels.len(), 1, "{panels:?}");
    panels[0].as_str().unwrap().to_owned()
}

#[test]
fn a_version_is_drawn_with_what_changed() {
    let Some(mut chromium) = browser((1400, 900)) else { return };
    let dir = tempfile::tempdir().unwrap();
    open(&mut chromium, &dir, "#v=3");
    shows(&mut chromium, 3);
    assert_eq!(boxes(&mut chromium), "note_tags added, notes, tags added, users");
    assert!(panel(&mut chromium).starts_with("003_tags.sql"));
    let lines = "[...document.querySelectorAll('.line')].filter(it => it.getClientRects().length > 0).map(it => it.classList.contains('added')).sort()";
    assert_eq!(chromium.value(lines), serde_json::json!([false, true, true]));

    open(&mut chromium, &dir, "");
    let latest = "attachments, drafts removed, note_tags, notebooks, notes changed, recent changed, search, sessions, \
                  shares added, tags, users";
    assert_eq!(boxes(&mut chromium), latest);
    let marked = "[...document.querySelectorAll('.face.changed .added .name, .face.changed .added .note-text')]\
                  .filter(it => it.getClientRects().length > 0).map(it => it.textContent.split(' ')[0]).sort().join(' ')";
    assert_eq!(chromium.value(marked), "archived_at notes_archived words");
    let panel = panel(&mut chromium);
    assert!(panel.contains("--! marker: column notes.archived_at") && panel.contains("DROP TABLE drafts"), "{panel}");

    open(&mut chromium, &dir, "#v=9");
    assert!(boxes(&mut chromium).contains("notes changed") && !boxes(&mut chromium).contains("recent changed"));
    assert_eq!(chromium.complaints(), [""; 0]);
}

#[test]
fn keys_and_buttons() {
    let Some(mut chromium) = browser((1400, 900)) else { return };
    let dir = tempfile::tempdir().unwrap();
    open(&mut chromium, &dir, "#v=3");
    for (key, expected) in [
        ("ArrowRight", 4),
        ("ArrowLeft", 3),
        ("Home", 1),
        ("ArrowLeft", 1),
        ("End", 12),
        ("ArrowRight", 12),
        ("ArrowLeft", 11),
    ] {
        chromium.press(key);
        shows(&mut chromium, expected);
    }
    // Where the slider has the focus, the keys are its own, and a step is one step.
    chromium.value("document.querySelector('#slider').focus()");
    for (key, expected) in [("ArrowLeft", 10), ("Home", 1), ("ArrowRight", 2), ("End", 12)] {
        chromium.press(key);
        shows(&mut chromium, expected);
    }
    let said = chromium.value("document.querySelector('#slider').getAttribute('aria-valuetext')");
    assert_eq!(said, "012_archive");
    assert_eq!(chromium.value("document.querySelector('#next').disabled"), true);
    chromium.click("#previous");
    shows(&mut chromium, 11);
    chromium.click("#next");
    shows(&mut chromium, 12);
    chromium.click("nav li:nth-child(5) a");
    shows(&mut chromium, 5);
    chromium.value("location.hash = '#v=7'");
    shows(&mut chromium, 7);
    // What is no version is the latest.
    open(&mut chromium, &dir, "#v=99");
    assert_eq!(chromium.value("document.querySelector('#at').textContent"), "12");
    assert_eq!(chromium.complaints(), [""; 0]);
}

#[test]
fn a_table_shows_its_statements() {
    let Some(mut chromium) = browser((1400, 900)) else { return };
    let dir = tempfile::tempdir().unwrap();
    open(&mut chromium, &dir, "#v=12");
    let notes = "[aria-label^=\"table notes\"]:not(.off)";
    chromium.click(notes);
    let text = panel(&mut chromium);
    assert!(text.starts_with("notes strict") && text.contains("archived_at INTEGER"), "{text}");
    assert!(text.contains("indexes\n") && text.contains("CREATE INDEX notes_by_author"));
    assert!(text.contains("triggers\n") && text.contains("CREATE TRIGGER notes_found"));
    assert_eq!(chromium.value("document.activeElement.id"), "close");
    keep("details.png", &chromium.screenshot());
    // It stays open over versions, as the table was then, and goes where there was none.
    chromium.press("Home");
    let text = panel(&mut chromium);
    assert!(text.starts_with("notes table") && !text.contains("archived_at"), "{text}");
    chromium.press("End");
    chromium.press("Escape");
    assert!(panel(&mut chromium).starts_with("012_archive.sql"));
    // With the keyboard alone, and from the list of changes.
    chromium.value(&format!("document.querySelector('{notes}').focus()"));
    chromium.press("Enter");
    assert!(panel(&mut chromium).starts_with("notes"));
    chromium.press("Escape");
    assert_eq!(chromium.value("document.activeElement.getAttribute('aria-label')"), "table notes");
    chromium.click(".panel:not(.off) .change.removed");
    assert!(panel(&mut chromium).contains("CREATE TABLE drafts"));
    assert_eq!(chromium.complaints(), [""; 0]);
}

/// What does not fit its box: names, types and the like that leave it or lie on each other; boxes that overlap.
const MISFITS: &str = "(() => {
    const found = [];
    const faces = [...document.querySelectorAll('.face')].filter(it => it.getClientRects().length > 0);
    const over = (a, b) => a.left < b.right - .5 && b.left < a.right - .5 && a.top < b.bottom - .5 && b.top < a.bottom - .5;
    faces.forEach((face, at) => {
        const box = face.querySelector('.box').getBoundingClientRect();
        for (const other of faces.slice(at + 1))
            if (over(box, other.querySelector('.box').getBoundingClientRect())) found.push('boxes: ' + face.ariaLabel + ', ' + other.ariaLabel);
        const texts = [...face.querySelectorAll('text')].map(it => [it.textContent, it.getBoundingClientRect()]);
        for (const [text, it] of texts) if (it.left < box.left || it.right > box.right || it.bottom > box.bottom) found.push('outside: ' + text);
        for (const row of face.querySelectorAll('.row')) {
            const [name, kind] = ['.name', '.kind'].map(part => row.querySelector(part)?.getBoundingClientRect());
            if (kind && over(name, kind)) found.push('on each other: ' + row.textContent);
        }
    });
    return found;
})()";

#[test]
fn everything_fits_and_stays_in_its_place() {
    let Some(mut chromium) = browser((1400, 900)) else { return };
    let dir = tempfile::tempdir().unwrap();
    open(&mut chromium, &dir, "");
    let places = "JSON.stringify(Object.fromEntries([...document.querySelectorAll('.face')].filter(it => it.getClientRects().length > 0)\
                  .map(it => [it.querySelector('.title').textContent, it.getAttribute('transform')])))";
    let mut seen = std::collections::BTreeMap::new();
    for version in 1..=12 {
        chromium.value(&format!("location.hash = '#v={version}'"));
        shows(&mut chromium, version);
        assert_eq!(chromium.value(MISFITS), serde_json::json!([]), "version {version}");
        let places: std::collections::BTreeMap<String, String> =
            serde_json::from_str(chromium.value(places).as_str().unwrap()).unwrap();
        for (name, place) in places {
            assert_eq!(seen.entry(name).or_insert_with(|| place.clone()), &place);
        }
    }
    assert_eq!(seen.len(), 11);
    let fits = "(() => { const s = document.querySelector('#stage'); return s.scrollWidth <= s.clientWidth && s.scrollHeight <= s.clientHeight; })()";
    assert_eq!(chromium.value(fits), true);
}

#[test]
fn light_dark_and_paper() {
    let Some(mut chromium) = browser((1400, 900)) else { return };
    let dir = tempfile::tempdir().unwrap();
    let back = "getComputedStyle(document.body).backgroundColor";
    for (scheme, colour) in [("light", "rgb(246, 247, 249)"), ("dark", "rgb(14, 17, 22)")] {
        chromium.prefer("screen", &[("prefers-color-scheme", scheme)]);
        for version in [9, 12] {
            open(&mut chromium, &dir, &format!("#v={version}"));
            assert_eq!(chromium.value(back), colour);
            keep(&format!("{scheme}-{version}.png"), &chromium.screenshot());
        }
    }
    // Whatever is on the screen, and however dark: the latest version, black on white, and nothing to press.
    open(&mut chromium, &dir, "#v=3");
    chromium.prefer("print", &[("prefers-color-scheme", "dark")]);
    assert!(boxes(&mut chromium).contains("shares added"));
    assert!(panel(&mut chromium).starts_with("012_archive.sql"));
    assert_eq!(chromium.value("getComputedStyle(document.body).color"), "rgb(27, 33, 43)");
    let controls =
        "[...document.querySelectorAll('nav, #slider, .player, .zoom')].some(it => it.getClientRects().length > 0)";
    assert_eq!(chromium.value(controls), false);
    keep("print.png", &chromium.screenshot());
}

#[test]
fn without_javascript_the_latest_version_is_there() {
    let Some(mut chromium) = browser((1400, 900)) else { return };
    let dir = tempfile::tempdir().unwrap();
    chromium.ask("Emulation.setScriptExecutionDisabled", serde_json::json!({ "value": true }));
    open(&mut chromium, &dir, "#v=3");
    assert!(boxes(&mut chromium).contains("shares added"));
    assert!(panel(&mut chromium).contains("DROP TABLE drafts"));
    assert_eq!(chromium.value("document.querySelector('#slider').getClientRects().length > 0"), false);
    keep("no-script.png", &chromium.screenshot());
    chromium.size(700, 1100);
    keep("narrow.png", &chromium.screenshot());
}

#[test]
fn names_are_text_and_there_is_no_network() {
    let Some(mut chromium) = browser((1400, 900)) else { return };
    let dir = tempfile::tempdir().unwrap();
    let name = "</script><script>alert(1)</script><img src=https://example.com/x onerror=alert(2)>";
    let sql = format!("-- {name}\nCREATE TABLE \"{name}\"(\"{name}\" TEXT DEFAULT '{name}');");
    let page = html(&files(&[("001_a.sql", &sql), ("002_b.sql", "CREATE TABLE b(x TEXT);")]), name);
    let address = write(&dir, &page);
    for fragment in ["#v=1", "#v=2", "#v=1</script>"] {
        chromium.open(&format!("{address}{fragment}"));
        assert_eq!(chromium.value("document.querySelectorAll('img, script').length"), 1);
    }
    assert_eq!(chromium.value("document.title"), name);
    assert_eq!(chromium.value("document.querySelector('.row title').textContent.includes('<img')"), true);
    assert_eq!(chromium.complaints(), [""; 0]);
    // Even a page that was tampered with could not reach it.
    chromium.value("void fetch('https://example.com/').catch(() => {}); document.body.append(Object.assign(new Image(), { src: 'https://example.com/x' }))");
    let blocked = |chromium: &mut Chromium| chromium.complaints().join("\n").matches("Content Security Policy").count();
    for _ in 0..200 {
        if blocked(&mut chromium) >= 2 {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(25));
    }
    panic!("{:?}", chromium.complaints());
}

#[test]
fn the_picture_stands_by_itself() {
    let Some(mut chromium) = browser((1000, 900)) else { return };
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("schema.svg");
    std::fs::write(&path, svg(&notes().versions[12].schema)).unwrap();
    for (scheme, colour) in [("light", "rgb(246, 247, 249)"), ("dark", "rgb(14, 17, 22)")] {
        chromium.prefer("screen", &[("prefers-color-scheme", scheme)]);
        chromium.open(&format!("file://{}", path.display()));
        assert_eq!(chromium.value("getComputedStyle(document.querySelector('.page')).fill"), colour);
        assert_eq!(chromium.value(MISFITS), serde_json::json!([]));
        keep(&format!("svg-{scheme}.png"), &chromium.screenshot());
    }
    assert_eq!(chromium.complaints(), [""; 0]);
}

#[test]
fn sixty_tables_and_two_hundred_versions() {
    let Some(mut chromium) = browser((1400, 900)) else { return };
    let dir = tempfile::tempdir().unwrap();
    let mut files: Vec<(String, String)> = Vec::new();
    for at in 0..60usize {
        let mut sql = format!("CREATE TABLE area_{at} (id INTEGER PRIMARY KEY, name TEXT NOT NULL");
        for column in 0..at * 7 % 9 {
            sql.push_str(&format!(", column_{column} {}", ["TEXT", "INTEGER", "REAL", "BLOB NOT NULL"][column % 4]));
        }
        if at > 0 && at % 4 != 0 {
            sql.push_str(&format!(", parent INTEGER REFERENCES area_{}", at * at % at.min(9)));
        }
        if at % 5 == 0 && at > 5 {
            sql.push_str(&format!(", other INTEGER REFERENCES area_{}", at - 5));
        }
        files.push((format!("{:03}_area_{at}.sql", at + 1), sql + ");"));
    }
    for at in 60..200usize {
        let sql = format!("ALTER TABLE area_{} ADD COLUMN late_{at} TEXT;", at * 31 % 60);
        files.push((format!("{:03}_late_{at}.sql", at + 1), sql));
    }
    let files: Vec<(&str, &str)> = files.iter().map(|(name, sql)| (name.as_str(), sql.as_str())).collect();
    let timeline = self::files(&files);
    let page = html(&timeline, "large");
    assert!(page.len() < 2_500_000, "{}", page.len());
    let page = write(&dir, &page);
    chromium.open(&page);
    assert_eq!(chromium.value(MISFITS), serde_json::json!([]));
    // What is drawn is large enough to be read, and what changed is in sight.
    let seen = "(() => { const [a, b] = ['.face.changed:not(.off)', '#stage'].map(it => document.querySelector(it).getBoundingClientRect()); \
                return a.left >= b.left && a.right <= b.right && a.top >= b.top && a.bottom <= b.bottom && a.width > 80; })()";
    for version in [200, 117, 61] {
        chromium.value(&format!("location.hash = '#v={version}'"));
        shows(&mut chromium, version);
        assert_eq!(chromium.value(seen), true, "{version}");
    }
    keep("large.png", &chromium.screenshot());
    chromium.click("#fit");
    let fits = "(() => { const s = document.querySelector('#stage'); return s.scrollWidth <= s.clientWidth && s.scrollHeight <= s.clientHeight; })()";
    assert_eq!(chromium.value(fits), true);
    keep("large-fit.png", &chromium.screenshot());
    assert_eq!(chromium.complaints(), [""; 0]);
}
