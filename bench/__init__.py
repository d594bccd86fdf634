"""Measurements: programs to be run by hand, never tests. What they found is in results.md."""
