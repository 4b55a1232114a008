"""The catalogue: workspaces, people, contacts, lists, segments, templates and what happened. One module per noun."""
