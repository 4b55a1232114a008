"""Connections to hosts that people name: which addresses they may lead to. Used by every channel and webhook."""
