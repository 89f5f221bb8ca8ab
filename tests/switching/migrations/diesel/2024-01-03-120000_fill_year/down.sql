UPDATE book SET year = NULL WHERE year = 1900;
