"""From bytes to text, as the web reads it."""
