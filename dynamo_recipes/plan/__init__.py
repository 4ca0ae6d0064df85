"""The graph to run, symbolic until bound: components, members, arguments, order, places, ports. Pure."""
