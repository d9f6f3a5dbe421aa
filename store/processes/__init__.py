"""What processes need of each other and of the machine: locks, signals, children, cores, room on the disk."""
