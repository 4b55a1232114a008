"""What the program tells about itself: logs, metrics, and what was slow. Knows nothing of the store; the store tells it."""
