"""The installation as a whole: its processes, databases, recurring work and health."""
