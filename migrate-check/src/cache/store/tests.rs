use super::*;

fn store() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::at(&dir.path().join("entries"));
    (dir, store)
}

fn read(store: &Store, inputs: &[u8]) -> Option<Vec<u8>> {
    store.read("it", digest(inputs), inputs, |content| Some(content.to_vec()))
}

fn write(store: &Store, inputs: &[u8], content: &[u8]) {
    store.write("it", digest(inputs), inputs, content);
}

fn files(store: &Store) -> Vec<PathBuf> {
    fs::read_dir(&store.dir).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn an_entry_is_found_by_what_it_was_made_from() {
    let (_dir, store) = store();
    write(&store, b"inputs", b"content");
    assert_eq!(read(&store, b"inputs").as_deref(), Some(b"content".as_slice()));
    assert_eq!(read(&store, b"input"), None);
    assert!(store.has("it", digest(b"inputs")) && !store.has("other", digest(b"inputs")));
    assert_eq!(files(&store).len(), 1, "nothing else is left");
}

#[test]
fn every_damage_is_a_miss() {
    let (_dir, store) = store();
    write(&store, b"inputs", &[7; 300]);
    let path = &files(&store)[0];
    let whole = fs::read(path).unwrap();
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 1 << (at % 8);
        fs::write(path, &damaged).unwrap();
        assert_eq!(read(&store, b"inputs"), None, "byte {at}");
        assert!(!path.exists(), "it is out of the way");
        fs::write(path, &whole[..at]).unwrap();
        assert_eq!(read(&store, b"inputs"), None, "{at} bytes");
    }
    fs::write(path, [whole.as_slice(), b"x"].concat()).unwrap();
    assert_eq!(read(&store, b"inputs"), None, "more than was written");
    fs::create_dir(path).unwrap();
    assert_eq!(read(&store, b"inputs"), None, "a directory");
}

#[test]
fn an_entry_of_other_inputs_under_this_name_is_a_miss() {
    let (_dir, store) = store();
    write(&store, b"others", b"content");
    fs::rename(store.path("it", digest(b"others")), store.path("it", digest(b"inputs"))).unwrap();
    assert_eq!(read(&store, b"inputs"), None);
}

#[test]
fn where_nothing_can_be_written_nothing_is() {
    let dir = tempfile::tempdir().unwrap();
    let missing = Store::at(&dir.path().join("gone/entries"));
    write(&missing, b"inputs", b"content");
    assert_eq!(read(&missing, b"inputs"), None);
    assert!(!dir.path().join("gone").exists());
    fs::write(dir.path().join("file"), "").unwrap();
    let file = Store::at(&dir.path().join("file"));
    write(&file, b"inputs", b"content");
    file.prune();
    assert_eq!(read(&file, b"inputs"), None);
}

#[test]
fn the_oldest_entries_go_first() {
    let (_dir, store) = store();
    let day = |days: u64| SystemTime::now() - Duration::from_secs(days * 86_400);
    for number in 0..6u8 {
        write(&store, &[number], &[0; 1000]);
        let file = File::options().append(true).open(store.path("it", digest(&[number]))).unwrap();
        file.set_modified(day(20 - u64::from(number))).unwrap();
    }
    fs::write(store.dir.join("1-1.draft"), "").unwrap();
    fs::write(store.dir.join("1-2.draft"), "").unwrap();
    File::options().append(true).open(store.dir.join("1-2.draft")).unwrap().set_modified(day(1)).unwrap();
    // What is of use becomes new.
    assert!(read(&store, &[0]).is_some());
    let kept = |store: &Store| (0..6).filter(|number| read(store, &[*number]).is_some()).collect::<Vec<u8>>();
    store.prune_to(5, u64::MAX);
    assert_eq!(files(&store).len(), 6, "five entries and a draft that may be in the making");
    store.prune_to(usize::MAX, 3000);
    assert_eq!(kept(&store), [0, 5], "three have more than three thousand bytes");
}
