"""Plans that are made for a database, read by people, saved, and run exactly so."""
