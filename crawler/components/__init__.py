"""Scrapy's components: scheduler, middlewares, pipeline, resolver; and the session that they share."""
