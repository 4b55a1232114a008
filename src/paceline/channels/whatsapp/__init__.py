"""The WhatsApp channel: template messages through the Cloud API."""
