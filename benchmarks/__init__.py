"""How fast the tool starts, plans and launches, and what it uses: ratios and differences measured side by side.

A loaded machine slows both sides. The launcher's part runs the real Dynamo with the simulated engine.
"""
