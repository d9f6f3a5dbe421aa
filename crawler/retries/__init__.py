"""What is asked for again, and when: the tries of an address, the pauses of a host."""
