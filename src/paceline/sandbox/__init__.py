"""Servers to send into without a provider: they record what arrives and misbehave on demand. Knows nothing of the engine."""
