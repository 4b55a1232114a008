"""Who is told of what happens: mails and webhooks."""
