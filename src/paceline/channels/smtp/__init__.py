"""SMTP submission: one pipelined session per connection, with the final dot held back until the engine says so."""
