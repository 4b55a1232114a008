"""One file per noun: what can be asked over HTTP. Thin: an operation does the work."""
