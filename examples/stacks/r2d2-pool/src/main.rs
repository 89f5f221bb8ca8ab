//! `r2d2-pool FILE`: eight threads count visits.

use std::path::PathBuf;
use std::thread;

use anyhow::Context;

fn main() -> anyhow::Result<()> {
    let path: PathBuf = std::env::args_os().nth(1).context("usage: r2d2-pool FILE")?.into();
    let (pool, report) = r2d2_pool::open(&path)?;
    println!("{report}");
    thread::scope(|scope| {
        let work = |name: &'static str| {
            let pool = pool.clone();
            move || (0..10).try_for_each(|_| r2d2_pool::visit(&pool, name))
        };
        let names = ["Ada", "Bo", "Cy", "Di", "Ada", "Bo", "Cy", "Di"];
        let threads: Vec<_> = names.map(|name| scope.spawn(work(name))).into();
        threads.into_iter().try_for_each(|thread| thread.join().expect("no thread panics"))
    })?;
    let (visits, visitors) = r2d2_pool::count(&pool)?;
    println!("{visits} visits by {visitors} visitors, through {} connections", pool.state().connections);
    Ok(())
}
