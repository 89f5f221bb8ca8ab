CREATE INDEX lines_by_article ON lines (article_id);
