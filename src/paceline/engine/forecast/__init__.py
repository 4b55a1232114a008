"""When a campaign will finish, and when it will pause on the way: the rules of sending, run ahead of the clock."""
