"""One folder per way to reach a person; README.md says how to add one."""
