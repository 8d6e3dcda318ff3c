"""One file per platform, both directions in it: write an instrument, read an export."""
