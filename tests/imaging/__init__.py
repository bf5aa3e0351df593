"""Behaviour of the picture package, on pictures drawn in code and on real photographs where there are some."""
