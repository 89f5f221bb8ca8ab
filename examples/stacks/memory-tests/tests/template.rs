//! For thousands of tests: the migrations run once in each process, and every test gets a copy of what they made.

use std::sync::OnceLock;

use memory_tests::Store;
use migrate::rusqlite::Connection;

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

/// A copy, byte by byte, of a database that was migrated once.
fn store() -> Result<Store> {
    static TEMPLATE: OnceLock<Vec<u8>> = OnceLock::new();
    let template = TEMPLATE.get_or_init(|| {
        let mut conn = Connection::open_in_memory().expect("memory");
        memory_tests::db::MIGRATIONS.run(&mut conn).expect("they are proved");
        conn.serialize("main").expect("it is in memory").to_vec()
    });
    let mut conn = Connection::open_in_memory()?;
    conn.deserialize_read_exact("main", template.as_slice(), template.len(), false)?;
    // Finds nothing to do: the history is copied too.
    Ok(Store::new(conn)?)
}

#[test]
fn an_order_costs_what_the_articles_cost() -> Result {
    let mut store = store()?;
    let tea = store.add_article("tea", 250, 10)?;
    assert_eq!(store.order("Ada", tea, 3)?, 750);
    Ok(())
}

#[test]
fn a_copy_is_nobody_elses() -> Result {
    let (one, mut two) = (store()?, store()?);
    assert_eq!(one.add_article("tea", 250, 10)?, 1);
    assert_eq!(two.add_article("tea", 300, 10)?, 1);
    assert_eq!(two.order("Ada", 1, 1)?, 300);
    assert_eq!((one.stock(1)?, two.stock(1)?), (10, 9));
    Ok(())
}
