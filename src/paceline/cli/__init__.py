"""The commands: they read what a person wants, call one operation, and show what it says. No rule of sending is in here."""
