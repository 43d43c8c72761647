"""Plans that are made for a database, saved, reviewed, and run exactly as they were reviewed."""
