"""How fast the tool starts and plans, as ratios measured side by side: a loaded machine slows both sides."""
