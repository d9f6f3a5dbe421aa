"""How like each other photos are by their vectors, across the split, and which likeness counts."""
