//! What a database of its own costs a test: `cargo run --example cost`, and again with `--release`.

use std::time::{Duration, Instant};

use memory_tests::db::{self, Version};
use migrate::rusqlite::Connection;

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result {
    let profile = if cfg!(debug_assertions) { "dev" } else { "release" };
    println!("profile {profile}, {} migrations, the median of 1,000:", Version::ALL.len());
    let open = median(|| {
        Connection::open_in_memory()?;
        Ok(())
    })?;
    let run = median(|| {
        db::MIGRATIONS.run(&mut Connection::open_in_memory()?)?;
        Ok(())
    })?;
    let check = db::migrator().check_build(false);
    let unchecked = median(|| {
        check.run(&mut Connection::open_in_memory()?)?;
        Ok(())
    })?;
    let sql: String = db::MIGRATIONS.iter().map(|migration| migration.sql).collect();
    let bare = median(|| Ok(Connection::open_in_memory()?.execute_batch(&sql)?))?;
    let mut template = Connection::open_in_memory()?;
    db::MIGRATIONS.run(&mut template)?;
    let template = template.serialize("main")?.to_vec();
    let copy = median(|| {
        let mut conn = Connection::open_in_memory()?;
        conn.deserialize_read_exact("main", template.as_slice(), template.len(), false)?;
        db::MIGRATIONS.run(&mut conn)?;
        Ok(())
    })?;
    for (what, time) in [
        ("open_in_memory", open),
        ("open_in_memory, run", run),
        ("the same, with check_build(false)", unchecked),
        ("open_in_memory, a copy of a finished one, run", copy),
        ("open_in_memory, all the SQL, nothing recorded or checked", bare),
    ] {
        println!("{:>6} µs  {what}", time.as_micros());
    }
    Ok(())
}

fn median(mut what: impl FnMut() -> Result) -> Result<Duration> {
    what()?;
    let mut times = Vec::new();
    for _ in 0..1000 {
        let begun = Instant::now();
        what()?;
        times.push(begun.elapsed());
    }
    times.sort();
    Ok(times[times.len() / 2])
}
