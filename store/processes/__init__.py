"""What processes need of each other: locks, signals, child processes, their share of the cores."""
