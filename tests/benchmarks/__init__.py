"""Measurements, never part of a test run: `make bench` prints a table."""
