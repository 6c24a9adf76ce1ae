"""Recordings after the talk: found, summed up, trimmed, shifted, redacted, exported."""
