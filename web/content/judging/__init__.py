"""What the pages of a contest show: its pairs for a judge, and what the votes say."""
