"""One file per noun: what goes in and out as JSON."""
