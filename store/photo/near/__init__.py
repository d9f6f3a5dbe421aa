"""Tells near copies of photos: mirrored, turned, framed, cut a little, scaled, or saved anew."""
