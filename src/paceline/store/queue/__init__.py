"""The queue: campaigns, messages, accounts, usage, suppression and events. One module per noun; all a sender needs."""
