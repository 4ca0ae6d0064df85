"""What fits together: releases, GPUs, flags, facts of a machine, and the resolution with its reasons. Pure."""
