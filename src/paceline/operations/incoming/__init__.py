"""Mail that comes back: the ways in, the mailboxes that are read, and what a person should look at."""
