"""The commands on a crawl, and on the site that Bokeru draws."""
