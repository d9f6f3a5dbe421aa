"""What sites permit: robots.txt, tdmrep.json, headers and metas, by a dated table of signals."""
