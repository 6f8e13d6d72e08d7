"""One's own page: the password, the codes of an app, and where one is signed in."""
