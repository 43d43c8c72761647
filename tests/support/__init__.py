"""What the tests of every room share: throw-away servers, and the two programs to compare."""
