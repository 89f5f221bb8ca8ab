//! Random migrations, on random rows, from a random start, by one to three starters at once, under a random fault: in the end
//! the database is what plain SQLite makes of the same statements, and on the way it is never between two commits.
//!
//! `MODEL_SEEDS=1000` tells more stories, `MODEL_SEED=17` tells one again.

mod play;
mod schema;
mod story;

/// A number from the environment.
fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Plays every second story, so that two tests share the work.
fn tell(first: u64) {
    let seeds = match number("MODEL_SEED") {
        Some(seed) if seed % 2 == first => seed..seed + 1,
        Some(_) => return,
        None => first..number("MODEL_SEEDS").unwrap_or(100),
    };
    let (mut played, mut struck, mut failures) = (0, 0, Vec::new());
    for seed in seeds.step_by(2) {
        played += 1;
        match play::play(seed) {
            Ok(met) => struck += u64::from(met),
            Err(what) => failures.push(format!("MODEL_SEED={seed}: {what}")),
        }
    }
    println!("{played} stories, a fault struck in {struck} of them, {} failed", failures.len());
    assert!(failures.is_empty(), "{}", failures.iter().take(5).cloned().collect::<Vec<_>>().join("\n\n"));
}

#[test]
fn even_seeds() {
    tell(0);
}

#[test]
fn odd_seeds() {
    tell(1);
}
