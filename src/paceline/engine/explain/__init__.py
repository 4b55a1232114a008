"""Why nothing, or not more, is being sent: the causes, in words, of what is on record."""
