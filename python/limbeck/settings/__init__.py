"""Settings behind `Config`: lists of paths, the ini file as a `ConfigParser`, and the section `[limbeck]`."""
