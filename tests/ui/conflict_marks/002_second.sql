<<<<<<< HEAD
CREATE TABLE tags(name TEXT);
=======
CREATE TABLE tag(name TEXT);
>>>>>>> tags
