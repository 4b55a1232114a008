"""Both ends of the worker protocol: what is said, how it is signed, and one file per loop that says it."""
