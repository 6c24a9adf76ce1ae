"""Shown checks of 01_arrays."""
