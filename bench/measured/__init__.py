"""The processes that benchmarks start and measure: they import what they measure and nothing of the harness."""
