"""Pictures of scenes, drawn with Pillow."""
