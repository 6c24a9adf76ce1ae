"""Afterwards: a transcript, mended and corrected, laid against the lecture it was said in."""
