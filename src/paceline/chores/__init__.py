"""What the system does by itself, one file each; every chore may run twice, late, or beside another process's."""
