"""The history of a crawl: a row a run, what each measured, and an alarm where one is not like the others."""
