ALTER TABLE "book" ADD COLUMN "year" integer;
