"""What judges are asked: who wrote captions, which of them people may see, and how pairs are drawn."""
