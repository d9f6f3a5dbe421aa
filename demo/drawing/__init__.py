"""Pictures of the things in scenes, painted with Pillow."""
