"""What the Training page shows of runs: their curves, settings and figures, and how these differ."""
