"""What a person can ask for, one function per request; the command line and the API call the same ones."""
