"""Benchmarks: each compares the program with a peer in one run and fails when a bar is missed.

Run one with `make bench-NAME` or `python -m bench.NAME`. All have the shape of `bench.shape`.
"""
