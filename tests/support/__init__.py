"""What all tests share: throw-away servers, and the two programs to compare."""
