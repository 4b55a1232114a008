"""Remote workers: registered here, and the process of one that works for another installation."""
