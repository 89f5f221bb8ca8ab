CREATE VIEW totals AS
SELECT lines.order_id, sum(lines.count * articles.cents) AS cents
FROM lines JOIN articles ON articles.id = lines.article_id
GROUP BY lines.order_id;
