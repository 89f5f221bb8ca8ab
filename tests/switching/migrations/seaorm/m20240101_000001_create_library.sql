CREATE TABLE "author" ( "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "name" varchar NOT NULL );
CREATE TABLE "book" ( "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "author" integer NOT NULL, "title" varchar NOT NULL, FOREIGN KEY ("author") REFERENCES "author" ("id") ON DELETE CASCADE );
