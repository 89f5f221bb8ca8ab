//! Every test has a database of its own, and none needs a file, a lock, or to be cleaned up after.

use memory_tests::Store;
use migrate::rusqlite::Connection;

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

/// A database as the application has it after its first start. It is gone when it is dropped.
fn store() -> Result<Store> {
    Ok(Store::new(Connection::open_in_memory()?)?)
}

#[test]
fn an_order_costs_what_the_articles_cost() -> Result {
    let mut store = store()?;
    let tea = store.add_article("tea", 250, 10)?;
    assert_eq!(store.order("Ada", tea, 3)?, 750);
    Ok(())
}

#[test]
fn an_order_is_taken_from_the_stock() -> Result {
    let mut store = store()?;
    let tea = store.add_article("tea", 250, 10)?;
    assert_eq!(tea, 1, "nobody else's articles are here");
    store.order("Ada", tea, 3)?;
    assert_eq!(store.stock(tea)?, 7);
    Ok(())
}

#[test]
fn an_article_that_is_not_there_is_not_sold() -> Result {
    let mut store = store()?;
    assert!(store.order("Ada", 4711, 1).is_err());
    let tea = store.add_article("tea", 250, 10)?;
    assert_eq!(store.stock(tea)?, 10);
    Ok(())
}
