"""Teaching code that lectures import: small, typed, tested, shown at its source."""
