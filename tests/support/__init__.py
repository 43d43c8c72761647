"""Helpers of all tests: temporary servers, and the two programs that tests compare."""
