//! `first_release FILE`: a file as the first release left it, with one price in ten thousand that is no number.

use aborting::db::{self, Version};
use migrate::rusqlite::Connection;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args_os().nth(1).ok_or("usage: first_release FILE")?;
    let mut conn = Connection::open(path)?;
    db::migrator().target(Version::CreateArticles).run(&mut conn)?;
    conn.execute_batch(
        "INSERT INTO articles (name, price)
         WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 9999)
         SELECT printf('article %d, %.200c', n, 'x'), printf('%.2f', n / 100.0) FROM n;
         INSERT INTO articles (name, price) VALUES ('the last', 'ask');",
    )?;
    Ok(())
}
