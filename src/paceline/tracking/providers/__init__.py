"""What providers report over HTTP, one file for each; README.md says how to add one."""
