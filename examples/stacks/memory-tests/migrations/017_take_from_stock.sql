CREATE TRIGGER take_from_stock AFTER INSERT ON lines BEGIN
    UPDATE articles SET stock = stock - new.count WHERE id = new.article_id;
END;
