"""Contacts become messages: an audience is streamed into the queue, and sending starts with its first part."""
