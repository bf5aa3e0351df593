"""Fuzzing by coverage, which looks for the inputs that the tests' random ones miss: `make fuzz`."""
