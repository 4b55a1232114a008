"""WhatsApp's webhooks: what they say (envelope), and what follows from it."""
