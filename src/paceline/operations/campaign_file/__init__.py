"""A campaign as a TOML file: reading it, with its line for whatever is wrong with it."""
