"""The one place that opens pictures: which photos are taken, how they are decoded, what is said of them."""
