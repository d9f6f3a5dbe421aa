"""How hosts are reached: names, proxies, and why there is no answer."""
