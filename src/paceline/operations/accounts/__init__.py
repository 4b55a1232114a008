"""What a person does with sending accounts and the servers that they sit on."""
