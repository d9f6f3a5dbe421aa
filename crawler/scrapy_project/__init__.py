"""What makes this a Scrapy project for whoever knows Scrapy: settings, commands' words, contracts, feeds."""
