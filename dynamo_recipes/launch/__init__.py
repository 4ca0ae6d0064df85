"""The only effects: environments, processes, ports, readiness, stopping. Knows specs, not recipes."""
