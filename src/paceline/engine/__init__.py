"""Who sends what and when. Knows no SMTP, no HTTP and no file."""
