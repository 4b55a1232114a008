"""Domains that mail is sent from: their keys, and what is published about them."""
