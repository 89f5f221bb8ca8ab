CREATE INDEX article_tags_by_tag ON article_tags (tag_id);
