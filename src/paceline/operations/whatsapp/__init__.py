"""What a person can ask about WhatsApp: numbers, templates, costs."""
