"""How photos are fed to a network: presets, what lies beside a model or in it, and what was resolved of
them."""
