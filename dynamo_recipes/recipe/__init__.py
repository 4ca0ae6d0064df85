"""From bytes to a validated recipe. Knows no release, no engine, no machine."""
