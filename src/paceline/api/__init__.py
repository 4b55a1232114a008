"""Every HTTP door: authentication, problems, pages, and one file per noun under routes/ and schemas/."""
