"""What a person does with campaigns: write, look at, start, stop, follow."""
