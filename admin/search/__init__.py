"""One place to look for anything: people, orders, codes, what is offered, and the pages themselves."""
