"""What comes back about messages: opens, clicks, unsubscribes, bounces, complaints."""
